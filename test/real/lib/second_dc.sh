#!/bin/bash
# second_dc.sh - a second controller of the domain that services/samba-ad.sh made, in a network
# namespace of its own.
#
#   second_dc.sh net              namespaces lcsN-d1 (10.(87+N).0.2) and lcsN-d2 (.3) on one bridge,
#                                 N being LCS_SVC_SLOT; samba-ad.sh goes into the first by
#                                 LCS_SVC_NETNS=lcsN-d1
#   second_dc.sh start DIR DC1    join the domain whose directory is DC1, and run; prints variables
#   second_dc.sh stop DIR
#   second_dc.sh unnet            namespaces and bridge go
#
# Needs root. The first controller must run while this one joins. The second one fetches changes of the
# first (DRS) each few seconds; the first fetches none, as samba-ad.sh runs no replication there.

# shellcheck source=/dev/null
. "${LCS_SHARED:?}/services/lib.sh"

SITE=10.$((87 + SVC_SLOT)).0
NAME=lcs$SVC_SLOT

second_net() {
    local n pid
    # Its stop may end early, where a process is gone just before it is killed; what is left of its
    # own namespace has our addresses.
    for pid in $(ip netns pids "$NAME-dc" 2>/dev/null); do kill -KILL "$pid" 2>/dev/null || true; done
    ip netns del "$NAME-dc" 2>/dev/null || true
    ip link del "$NAME-dc" 2>/dev/null || true
    ip link add "$NAME-br" type bridge
    ip addr add "$SITE.1/24" dev "$NAME-br"
    ip link set "$NAME-br" up
    for n in 1 2; do
        ip netns add "$NAME-d$n"
        ip link add "$NAME-d$n" type veth peer name eth0 netns "$NAME-d$n"
        ip link set "$NAME-d$n" master "$NAME-br" up
        ip -n "$NAME-d$n" link set lo up
        ip -n "$NAME-d$n" addr add "$SITE.$((n + 1))/24" dev eth0
        ip -n "$NAME-d$n" link set eth0 up
        # Samba listens from 49152 on, and gives up where a connection of its own, which may be
        # over already (TIME_WAIT), has got that port.
        ip netns exec "$NAME-d$n" sysctl -q -w net.ipv4.ip_local_port_range="32768 49151"
    done
}

second_unnet() {
    local n
    for n in 1 2; do
        ip netns del "$NAME-d$n" 2>/dev/null || true
        ip link del "$NAME-d$n" 2>/dev/null || true
    done
    ip link del "$NAME-br" 2>/dev/null || true
}

second_status() { svc_pid "$1/second.pid" >/dev/null; }

second_join() {
    local d=$1 one=$2 realm=$3
    : >"$d/empty.conf"
    # names as the domain has them, in a mount namespace of this command alone
    # shellcheck disable=SC2016
    unshare -m --propagation private sh -c '
        one=$0
        mount --bind "$one/etc-hosts" /etc/hosts && mount --bind "$one/etc-resolv.conf" /etc/resolv.conf
        exec "$@"' "$one" ip netns exec "$NAME-d2" \
        env SMB_CONF_PATH="$d/empty.conf" KRB5_CONFIG="$one/krb5.conf" \
        samba-tool domain join "$realm" DC -U Administrator --password=Adm1n.Pass \
        --server="dc1.$realm" --targetdir="$d" --dns-backend=SAMBA_INTERNAL \
        --option="netbios name=DC2" --option="interfaces=lo $SITE.3" \
        --option="bind interfaces only=yes" >"$d/join.log" 2>&1 ||
        { tail -20 "$d/join.log" >&2; svc_die "join failed"; }
}

# names that Samba's "dnsupdate" service would add: without them there is no ticket for LDAP here
second_names() {
    printf '%s\n' "dn: CN=DC2,OU=Domain Controllers,$2" "changetype: modify" "add: servicePrincipalName" \
        "servicePrincipalName: ldap/dc2.$3" | ldbmodify -H "$1/private/sam.ldb" >>"$1/join.log" 2>&1
}

second_conf() {
    sed -e "s|$2|$1|g" -e 's/netbios name = DC1/netbios name = DC2/' \
        -e "s/$SITE\\.2/$SITE.3/g" -e 's/\(server services = .*\)/\1, drepl/' \
        -e "s|tls certfile = .*|tls certfile = $LCS_TEST_PKI/hosts/dc2.pem|" \
        -e "s|tls cafile = .*|tls cafile = $LCS_TEST_PKI/ca.pem|" \
        -e 's/^\[sysvol\]/    dreplsrv:periodic_interval = 3\n    dreplsrv:periodic_startup_interval = 2\n[sysvol]/' \
        "$2/smb.conf"
}

second_ready() {
    svc_tcp "$SITE.3" 389 && svc_tcp "$SITE.3" 636 && svc_tcp "$SITE.3" 88 &&
        ldapsearch -x -H "ldap://$SITE.3/" -s base -b "" defaultNamingContext
}

second_start() {
    local d one domain
    d=$(svc_dir "$1")
    one=$(svc_dir "$2")
    # shellcheck source=/dev/null
    . "$one/samba.env"
    domain=$(printf %s "$LCS_TEST_REALM" | tr '[:upper:]' '[:lower:]')
    "$LCS_SHARED/services/pki.sh" issue "$LCS_TEST_PKI" dc2 "dc2.$domain,$SITE.3" >/dev/null
    if [ ! -e "$d/private/sam.ldb" ]; then
        second_join "$d" "$one" "$domain"
        second_names "$d" "$LCS_TEST_LDAP_BASE" "$domain"
    fi
    mkdir -p "$d/state/sysvol" "$d/run" "$d/cache" "$d/ntp" "$d/lock" "$d/winbindd" "$d/bind-dns"
    install -m 600 "$LCS_TEST_PKI/hosts/dc2.key" "$d/tls.key"
    second_conf "$d" "$one" >"$d/smb.conf"
    sed "s/$SITE\\.2 dc1/$SITE.3 dc2/" "$one/etc-hosts" >"$d/etc-hosts"
    sed "s/$SITE\\.2/$SITE.3/" "$one/etc-resolv.conf" >"$d/etc-resolv.conf"
    sed "s/kdc = $SITE.2/kdc = $SITE.3/" "$one/krb5.conf" >"$d/krb5.conf"
    # by the domain's names it finds whom it fetches changes from
    svc_spawn "$d/second.pid" "$d/samba.log" "$LCS_SHARED/services/samba-ad.sh" exec "$d" \
        ip netns exec "$NAME-d2" samba -F --no-process-group -M prefork -s "$d/smb.conf" --debug-stdout -d1
    svc_wait_for 120 "$d/second.pid" "$d/samba.log" second_ready
    svc_env_write "$d/second.env" LCS_TEST_LDAPS2_URI="ldaps://$SITE.3" LCS_TEST_AD_ADDR2="$SITE.3"
}

second_stop() { svc_kill "$1/second.pid" 15 || true; }

case ${1:-} in net) second_net; exit ;; unnet) second_unnet; exit ;; esac
svc_main second "$@"
