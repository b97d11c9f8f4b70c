#!/bin/bash
# about: what lcs -c says about certificates, and with --resolve about names
# order: 33
# in: quick ci
# build: plain
# sanitizers: asan
# packages: openssl python3
# repair: the message that is missing stands in the test's name; modules/tls/judge.c, core/mod/look.c
set -u
# shellcheck source=test/groups/lib.bash
. "$LCS_SRC/test/groups/lib.bash"
need_program lcs
export LCS_MODULE_PATH=$LCS_BUILD/modules
cd "$LCS_LOG" || exit 1

# ---- certificates, made as no authority would ----

key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2> /dev/null; }

# certificate FILE KEY NAMES FROM TO: dates as `date -d` has them; NAMES "" for none.
certificate() {
	local dir=$1.d names=${3:+subjectAltName = $3}

	mkdir -p "$dir" && : > "$dir/index" && echo 01 > "$dir/serial"
	cat > "$dir/conf" <<-END
	[ca]
	default_ca = one
	[one]
	dir = $dir
	database = $dir/index
	serial = $dir/serial
	new_certs_dir = $dir
	default_md = sha256
	policy = any
	x509_extensions = names
	[any]
	commonName = supplied
	[names]
	basicConstraints = CA:FALSE
	$names
	END
	openssl req -new -key "$2" -subj /CN=hs1.example.com -out "$dir/csr" 2> /dev/null &&
	openssl ca -batch -selfsign -notext -config "$dir/conf" -keyfile "$2" -in "$dir/csr" -out "$1" \
	    -startdate "$(date -u -d "$4" +%Y%m%d%H%M%SZ)" \
	    -enddate "$(date -u -d "$5" +%Y%m%d%H%M%SZ)" 2> "$dir/log"
}

key key.pem
key other.pem
own=DNS:hs1.example.com
certificate good.pem key.pem $own "-1 hour" "+90 days"
certificate domain.pem key.pem URI:sip:example.com "-1 hour" "+90 days"
certificate wrong.pem key.pem DNS:www.example.com "-1 hour" "+90 days"
certificate wild.pem key.pem 'DNS:*.example.com' "-1 hour" "+90 days"
certificate bare.pem key.pem "" "-1 hour" "+90 days"
certificate old.pem key.pem $own "-90 days" "-1 day"
certificate young.pem key.pem $own "+1 day" "+90 days"
certificate soon.pem key.pem $own "-80 days" "+10 days +2 hours"
certificate brief.pem key.pem $own "-1 hour" "+5 days"
certificate ending.pem key.pem $own "-6 days" "+20 hours"
echo nothing > junk.pem

# script CERTIFICATE [KEY [LINE]]
script() {
	cat > t.cfg <<-END
	#!lcs 1
	server_name = "hs1.example.com"
	alias = "example.com"
	listen = tls:127.0.0.1:5061
	module "tls" { certificate = "$1"; key = "${2:-key.pem}"; ${3:-} }
	request_route { drop; }
	END
}

# says STATUS TEXT NAME: lcs -c --strict on t.cfg ends so and says that ("": nothing).
says() {
	"$LCS_BUILD/lcs" -c --strict "${@:4}" t.cfg > said 2>&1
	local status=$?

	if [ $status != "$1" ]; then
		echo "exit status $status, not $1" >> said
		not_ok "$3" said
	elif [ -n "$2" ] && ! grep -qF -- "$2" said; then
		not_ok "$3: \"$2\"" said
	else
		ok "$3"
	fi
}

script good.pem;            says 0 "" "a certificate for server_name"
script domain.pem;          says 0 "" "a certificate for a domain, as a SIP URI (RFC 5922)"
script wrong.pem;           says 1 'has a certificate for "www.example.com", not for this server (hs1.example.com, example.com)' "another name"
script wild.pem;            says 1 'error[E0701]' "a wildcard is no name in SIP"
script bare.pem;            says 1 'has a certificate without subjectAltName' "no name at all"
script old.pem;             says 1 'has a certificate that has expired' "an expired one"
script young.pem;           says 1 'has a certificate that is not valid yet' "one for later"
script soon.pem;            says 2 'warning[W0701]' "one that expires soon"
script soon.pem;            says 2 'in 10 days' "and when"
script brief.pem;           says 0 "" "a short-lived one that is young"
script ending.pem;          says 2 'hours: "ending.pem"' "a short-lived one at its end"
script good.pem other.pem;  says 1 'has a key that does not belong to the certificate' "a key of another certificate"
openssl pkey -in key.pem -aes256 -passout pass:secret -out locked.pem
script good.pem locked.pem; says 1 'needs a private key that is not encrypted' "an encrypted key, and nobody is asked"
head -c 100 key.pem > cut.pem
script good.pem cut.pem;    says 1 'there is no whole one in it in PEM form' "half a key"
script good.pem good.pem;   says 1 'there is no whole one in it in PEM form' "a certificate for a key"
script junk.pem;            says 1 'cannot use the certificate in "junk.pem": there is none in it in PEM form' "a file that holds none"
script good.pem key.pem 'server_certificate = "www.example.com=wrong.pem:key.pem";'
says 0 "" "another name's certificate for those who ask for that name"
script good.pem key.pem 'server_certificate = "sip.example.com=wrong.pem:key.pem";'
says 1 'not for this server (sip.example.com)' "a wrong one for those who ask"
script good.pem key.pem 'ciphers = "NONSENSE";'
says 1 'error[E0409]' "what is no file is no E0701"

# ---- between servers ----

certificate half.pem key.pem "$own
extendedKeyUsage = serverAuth" "-1 hour" "+90 days"
certificate both.pem key.pem "$own
extendedKeyUsage = serverAuth,clientAuth" "-1 hour" "+90 days"

# peers CERTIFICATE LINES [FACES]: of module tls; who comes to the second listener.
peers() {
	script "$1" key.pem "$2"
	sed -i "s/^listen.*/&\\nlisten = tls:127.0.0.1:5062 { faces = \"${3:-peers}\"; }/" t.cfg
}

peer='peer = "hs2.example.com";'
peers both.pem "$peer peer_ca = \"good.pem\";"
says 0 "" "another server, and a certificate for either side"
peers half.pem "$peer peer_ca = \"good.pem\";"
says 1 'must have both serverAuth and clientAuth, unlike in "half.pem"' "one for servers only"
peers good.pem "$peer"
says 1 "the system's authorities certify anybody" "peers without an authority of theirs"
peers good.pem "$peer ca = \"good.pem\";"
says 0 "" "the authority in ca will do"
peers good.pem "$peer peer_ca = \"junk.pem\";"
says 1 'cannot read trusted authorities from "junk.pem"' "an authority that is none"
peers good.pem ""
says 1 'a listener faces peers, and no peer is named' "a door that nobody could come in by"
peers good.pem "$peer peer_ca = \"good.pem\";" clients
says 2 'no listener faces peers' "peers that could not come back"
peers good.pem "$peer peer_ca = \"good.pem\"; peer_certificate = \"both.pem\"; peer_key = \"key.pem\";"
says 0 "" "a certificate for peers alone"
peers good.pem "$peer peer_ca = \"good.pem\"; peer_certificate = \"both.pem\";"
says 1 'peer_certificate and peer_key go together' "and half of it"
peers domain.pem "$peer peer_ca = \"good.pem\";"
says 1 'not for this server (hs1.example.com)' "peers want the server's own name, not the domain's"

# ---- names ----

rm -f port
python3 "$LCS_SRC/test/groups/names.py" port > names.log 2>&1 &
names=$!
trap 'kill $names 2> /dev/null' EXIT
for _ in $(seq 100); do if [ -s port ]; then break; fi; sleep 0.05; done
if [ ! -s port ]; then not_ok "the name server for this test runs" names.log; plan; exit 1; fi

# resolving SERVER ADVERTISED URI
resolving() {
	cat > t.cfg <<-END
	#!lcs 1
	server_name = "$1"
	dns_servers = "127.0.0.1:$(cat port)"
	dns_tries = 3
	listen = tcp:127.0.0.1:5060 advertise "$2"
	loadmodule "tm"
	map gateway = { "44": "$3" }
	request_route { \$du = longest_prefix(gateway, \$rU ?? "") ?? ""; t_relay(); }
	END
}

resolving here.example.com here.example.com sip:here.example.com
says 0 "" "names that are there" --resolve
resolving here.example.com 127.0.0.1 "sip:[::1]:5070;transport=tcp"
says 0 "" "addresses are not asked for" --resolve
resolving served.example.com here.example.com sip:x@served.example.com
says 0 "" "a domain with SRV records alone" --resolve
resolving here.example.com gone.example.com sip:here.example.com
says 1 'error[E0412]: the advertised host "gone.example.com" cannot be resolved' "an advertised host without address" --resolve
says 0 "" "the check by itself asks nobody"
resolving gone.example.com here.example.com sip:here.example.com
says 2 "warning[W0412]: this server's name" "server_name without address" --resolve
resolving here.example.com here.example.com sip:gone.example.com
says 2 'the host "gone.example.com" cannot be resolved' "a host that the script names" --resolve
if "$LCS_BUILD/lcs" -c --resolve --format=json t.cfg | python3 -m json.tool > said 2>&1; then
	ok "--format=json stays one document"
else
	not_ok "--format=json stays one document" said
fi
plan
