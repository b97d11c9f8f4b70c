#!/bin/bash
# member.sh - a member of the domain of second_dc.sh: a host with winbind that knows two controllers.
#
#   member.sh smb DIR N           beside the controller in DIR, in namespace lcsSLOT-dN: the service that
#                                 winbind looks for one by (samba-ad.sh runs none)
#   member.sh unsmb DIR
#   member.sh names DC1           names by which the second controller is found, too
#   member.sh start DIR DC1       join, and run winbind in this namespace; DIR is as one of samba-ad.sh,
#                                 whose "exec DIR CMD" shows CMD its pipe
#   member.sh stop DIR
#
# Needs root, and both controllers while it joins.

# shellcheck source=/dev/null
. "${LCS_SHARED:?}/services/lib.sh"

SITE=10.$((87 + SVC_SLOT)).0
AD=$LCS_SHARED/services/samba-ad.sh

member_smb() {
    local d
    d=$(svc_dir "$1")
    # it asks the controller's own winbind who a user is
    svc_spawn "$d/smbd.pid" "$d/smbd.log" "$AD" exec "$d" ip netns exec "lcs$SVC_SLOT-d$2" \
        smbd -F --no-process-group -s "$d/smb.conf" --option="server role check:inhibit=yes" --debug-stdout -d1
    svc_wait_for 30 "$d/smbd.pid" "$d/smbd.log" svc_tcp "$SITE.$(($2 + 1))" 445
}

member_unsmb() { svc_kill "$1/smbd.pid" 10 || true; }

member_names() {
    local d domain site=Default-First-Site-Name._sites zone name port
    d=$(svc_dir "$1")
    # shellcheck source=/dev/null
    . "$d/samba.env"
    domain=$(printf %s "$LCS_TEST_REALM" | tr '[:upper:]' '[:lower:]')
    while read -r zone name port; do
        "$AD" exec "$d" env KRB5_CONFIG="$d/krb5.conf" samba-tool dns add "dc1.$domain" "$zone" "$name" SRV \
            "dc2.$domain $port 0 100" -U Administrator --password=Adm1n.Pass -s "$d/smb.conf" \
            >>"$d/names.log" 2>&1 || { tail -5 "$d/names.log" >&2; svc_die "no name $name"; }
    done <<NAMES
_msdcs.$domain _ldap._tcp.dc 389
_msdcs.$domain _ldap._tcp.$site.dc 389
_msdcs.$domain _kerberos._tcp.dc 88
_msdcs.$domain _kerberos._tcp.$site.dc 88
$domain _ldap._tcp 389
$domain _kerberos._tcp 88
$domain _kerberos._udp 88
NAMES
}

member_status() { svc_pid "$1/winbindd.pid" >/dev/null; }

member_conf() {
    cat <<CONF
[global]
    netbios name = MEMBER
    realm = $LCS_TEST_REALM
    workgroup = $LCS_TEST_AD_DOMAIN
    security = ads
    server role = member server
    private dir = $1/private
    state directory = $1/state
    cache directory = $1/cache
    lock directory = $1/lock
    pid directory = $1/run
    ncalrpc dir = $1/ncalrpc
    winbindd socket directory = $1/winbindd
    log file = $1/log.%m
    interfaces = $SITE.1
    bind interfaces only = yes
    idmap config * : backend = tdb
    idmap config * : range = 100000-199999
    winbind reconnect delay = 5
    winbind request timeout = 15
    load printers = no
    disable spoolss = yes
CONF
}

member_ready() { "$AD" exec "$1" wbinfo -t; }

member_start() {
    local d one
    d=$(svc_dir "$1")
    one=$(svc_dir "$2")
    # shellcheck source=/dev/null
    . "$one/samba.env"
    mkdir -p "$d/private" "$d/state" "$d/cache" "$d/lock" "$d/run" "$d/ncalrpc" "$d/winbindd"
    member_conf "$d" >"$d/smb.conf"
    { cat "$one/etc-hosts"; echo "$SITE.1 member.lcs.test member"; } >"$d/etc-hosts"
    { cat "$one/etc-resolv.conf"; echo "nameserver $SITE.3"; echo "options timeout:1 attempts:1"; } \
        >"$d/etc-resolv.conf"
    sed "s/\\( *\\)kdc = $SITE.2/&\\n\\1kdc = $SITE.3/" "$one/krb5.conf" >"$d/krb5.conf"
    if [ ! -e "$d/joined" ]; then
        "$AD" exec "$d" env KRB5_CONFIG="$d/krb5.conf" net ads join -s "$d/smb.conf" --no-dns-updates \
            -U Administrator%Adm1n.Pass >"$d/join.log" 2>&1 ||
            { tail -20 "$d/join.log" >&2; svc_die "join failed"; }
        touch "$d/joined"
    fi
    svc_spawn "$d/winbindd.pid" "$d/winbindd.log" \
        "$AD" exec "$d" winbindd -F --no-process-group -s "$d/smb.conf" --debug-stdout -d1
    svc_wait_for 60 "$d/winbindd.pid" "$d/winbindd.log" member_ready "$d"
    svc_env_write "$d/member.env" LCS_TEST_MEMBER="$d"
}

member_stop() { svc_kill "$1/winbindd.pid" 10; }

svc_main member "$@"
