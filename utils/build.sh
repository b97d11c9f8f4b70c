# shellcheck shell=bash
#
# utils/build.sh - packages, builds and readable failures for utils/check and utils/demo.
#
# Sourced, not run. The caller sets LCS_SRC (the checkout); builds go below LCS_BUILD_ROOT
# (default: build/ in the checkout), one directory per variant:
#
#   plain   gcc, optimised: what is installed
#   asan    clang, address and undefined behaviour sanitizers; holds the fuzzers too
#   tsan    clang, thread sanitizer
#
# Everything here talks on standard error; standard output belongs to the caller.

LCS_BUILD_ROOT=${LCS_BUILD_ROOT:-$LCS_SRC/build}
LCS_JOBS=${LCS_JOBS:-$(nproc 2> /dev/null || echo 2)}

# shellcheck disable=SC2034
build_packages="gcc make autoconf automake pkgconf flex bison libc6-dev libssl-dev
	libsqlite3-dev libc-ares-dev libjansson-dev libpcre2-dev libxml2-dev libedit-dev libkrb5-dev
	libwbclient-dev libmicrohttpd-dev libldap-dev libmariadb-dev
	zlib1g-dev"
# What utils/demo shows presence with.
# shellcheck disable=SC2034
presence_packages="gcc libc6-dev pidgin-sipe libpurple-dev libpurple-bin libxml2-dev pkgconf baresip-core"
# shellcheck disable=SC2034
clang_packages="clang libclang-rt-dev"

say() {
	printf '%s\n' "$@" >&2
}

# fail_with_log WHAT LOG REPAIR: what broke, the log's last lines, where it is, what to try.
fail_with_log() {
	say "" "FAILED: $1"
	if [ -s "$2" ]; then
		say "---- last lines of the log"
		tail -n 15 "$2" | cut -c 1-300 >&2
		say "----"
	fi
	say "log:    $2"
	say "repair: $3"
}

# run_logged WHAT LOG REPAIR COMMAND...
run_logged() {
	local what=$1 log=$2 repair=$3 begun=$SECONDS

	shift 3
	mkdir -p "$(dirname "$log")"
	if ! "$@" > "$log" 2>&1 < /dev/null; then
		fail_with_log "$what" "$log" "$repair"
		return 1
	fi
	say "$what: done ($((SECONDS - begun)) s)"
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		sudo -n "$@"
	fi
}

missing_packages() {
	local p

	for p in "$@"; do
		dpkg-query -W -f '${db:Status-Abbrev}\n' "$p" 2> /dev/null | grep -q '^.i' ||
			printf '%s\n' "$p"
	done
}

# apt-get with a guard: no package may start a service while it is installed.
apt_install() {
	local guard=/usr/sbin/policy-rc.d made=no rc

	if [ ! -e $guard ]; then
		printf '#!/bin/sh\nexit 101\n' | as_root tee $guard > /dev/null &&
			as_root chmod 755 $guard && made=yes
	fi
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
	    -o DPkg::Lock::Timeout=300 --no-install-recommends install "$@"
	rc=$?
	if [ $made = yes ]; then
		as_root rm -f $guard
	fi
	return $rc
}

apt_update_and_install() {
	apt_install "$@" && return
	as_root apt-get -q update && apt_install "$@"
}

# need_packages PACKAGE...: install what is missing; silent if nothing is.
need_packages() {
	local missing

	if ! command -v dpkg-query > /dev/null; then
		return 0	# not Debian: configure says what it lacks
	fi
	missing=$(missing_packages "$@" | tr '\n' ' ')
	if [ -z "$missing" ]; then
		return 0
	fi
	if [ "$(id -u)" != 0 ] && ! sudo -n true 2> /dev/null; then
		say "" "FAILED: packages are missing, and this user may not install them" \
		    "repair: sudo apt-get install --no-install-recommends $missing"
		return 1
	fi
	say "installing: $missing"
	# shellcheck disable=SC2086
	run_logged "packages" "$LCS_BUILD_ROOT/log/apt.log" \
	    "apt-get update && apt-get install --no-install-recommends $missing" \
	    apt_update_and_install $missing
}

# configure is made anew when one of its sources is younger; then no two builds do it at once.
autotools_stale() {
	local made=$LCS_SRC/Makefile.in

	[ -x "$LCS_SRC/configure" ] && [ -f "$made" ] && [ -f "$LCS_SRC/config.h.in" ] || return 0
	[ -n "$(find "$LCS_SRC" -path "$LCS_BUILD_ROOT" -prune -o \
	    \( -name Makefile.inc -o -name Makefile.am -o -name configure.ac \) \
	    -newer "$made" -print -quit)" ]
}

prepare_source() {
	if [ -f "$LCS_SRC/config.status" ]; then
		say "the checkout was configured in place; cleaning that (make distclean) to build in build/"
		run_logged "clean" "$LCS_BUILD_ROOT/log/distclean.log" \
		    "run 'make distclean' in $LCS_SRC" make -C "$LCS_SRC" distclean || return
	fi
	if autotools_stale; then
		run_logged "configure script" "$LCS_BUILD_ROOT/log/autoreconf.log" \
		    "apt-get install autoconf automake pkgconf" \
		    autoreconf -i "$LCS_SRC" || return
		touch "$LCS_SRC/Makefile.in" "$LCS_SRC/config.h.in"
	fi
}

variant_options() {
	case $1 in
	plain) echo "CC=gcc" ;;
	asan) echo "CC=clang --enable-fuzz CFLAGS=-O1\ -g" ;;
	tsan) echo "CC=clang --enable-sanitizer=thread CFLAGS=-O1\ -g" ;;
	*) return 1 ;;
	esac
}

configure_variant() {
	local dir=$LCS_BUILD_ROOT/$1 options

	options=$(variant_options "$1") || return
	if [ -f "$dir/Makefile" ] && [ ! "$LCS_SRC/configure" -nt "$dir/config.status" ]; then
		return 0
	fi
	mkdir -p "$dir"
	cd "$dir" && eval "$LCS_SRC/configure --quiet --sysconfdir=/etc --localstatedir=/var \
	    --runstatedir=/run $options"
}

# build_variant NAME [TARGET...]: configure if need be, then make (all).
build_variant() {
	local variant=$1 log=$LCS_BUILD_ROOT/log/build-$1

	shift
	mkdir -p "$LCS_BUILD_ROOT/log"
	{
		flock 9
		prepare_source &&
		run_logged "configure ($variant)" "$log-configure.log" \
		    "install what the log names; rm -r $LCS_BUILD_ROOT/$variant starts afresh" \
		    configure_variant "$variant" &&
		run_logged "build ($variant)" "$log.log" \
		    "the first error in the log; rm -r $LCS_BUILD_ROOT/$variant starts afresh" \
		    make -C "$LCS_BUILD_ROOT/$variant" -j"$LCS_JOBS" "${@:-all}"
	} 9> "$LCS_BUILD_ROOT/.build.lock"
}
