#!/bin/bash
# about: real SIP clients and services against servers of utils/demo
# order: 60
# in: ci
# build: plain
# sanitizers: asan tsan
# can: names
# beside: yes
# limit: 4800
# packages: python3 curl sip-tester nftables gcc libc6-dev baresip-core linphone-cli openssl netcat-openbsd tcpdump iproute2 procps util-linux knot knot-dnsutils e2fsprogs mount pidgin-sipe libpurple-dev libpurple-bin libxml2-dev libxml2-utils pkgconf krb5-kdc krb5-admin-server krb5-user samba samba-ad-dc samba-ad-provision samba-dsdb-modules winbind ldb-tools python3-samba ldap-utils slapd faketime gawk mariadb-server mariadb-client
# repair: python3 test/real/run.py -k 'WORDS OF THE TEST' keeps every log of one test
set -u
# shellcheck source=test/groups/lib.bash
. "$LCS_SRC/test/groups/lib.bash"
if [ "${1:-}" = --list ]; then
	exec python3 "$LCS_SRC/test/real/run.py" --list
fi
need_program lcs
need_program lcsctl

# Two builds' runs may go side by side: each has its own ports and networks.
case $LCS_VARIANT in
asan) slot=1 ;;
tsan) slot=2 ;;
*) slot=0 ;;
esac
export LCS_SVC_SLOT=$(((${LCS_SVC_SLOT:-0} + slot) % 10))

# LCS_BUILD tells the demo which build to start, and that it need not build.
export LCSCTL=$LCS_BUILD/lcsctl LCS_DEMO=$LCS_SRC/utils/demo
sanitizer_log
python3 "$LCS_SRC/test/real/run.py" --dir "$LCS_LOG/runs" "$@" > "$LCS_LOG/real.tap"
status=$?
grep -v '^1\.\.' "$LCS_LOG/real.tap"
tap_n=$(grep -cE '^(not )?ok' "$LCS_LOG/real.tap")
if [ "$LCS_VARIANT" != plain ]; then sanitizer_reports; fi
plan
exit $status
