#!/bin/bash
# about: colours for editors: every word of the language, in Vim and in the TextMate grammar
# order: 34
# in: ci
# build: plain
# packages: vim python3
# repair: sh utils/editors vim; words come from cfg/prep_word.c, their groups from utils/editors
set -u
# shellcheck source=test/groups/lib.bash
. "$LCS_SRC/test/groups/lib.bash"
cd "$LCS_SRC" || exit 1
for what in vim detect textmate words; do
	sh utils/editors "$what" > "$LCS_LOG/$what" 2> "$LCS_LOG/$what.err" || not_ok "utils/editors $what" "$LCS_LOG/$what.err"
done

# The tables were read: as many words as they have.
in_tables=$(awk '/^static const struct word words\[\]/, /^};/' cfg/prep_word.c | grep -oE '\{ "[a-z_]+"' | sort -u | wc -l)
if [ "$in_tables" -gt 30 ] && [ "$(grep -vcE '^(directive|type|test|item) ' "$LCS_LOG/words")" -ge "$in_tables" ]; then
	ok "all $in_tables words of the table are there"
else
	not_ok "all $in_tables words of the table are there" "$LCS_LOG/words"
fi

# paint FILE: what Vim makes of it, "text:group" for each run of one group.
paint() {
	cat > "$LCS_LOG/paint.vim" <<-END
	syntax enable
	edit $1
	syntax clear
	unlet! b:current_syntax
	source $LCS_LOG/lcs.vim
	let out = []
	for l in range(1, line('\$'))
	  let text = '' | let group = ''
	  for c in range(1, len(getline(l)) + 1)
	    let g = c > len(getline(l)) ? '-' : synIDattr(synID(l, c, 1), 'name')
	    if g !=# group && text !=# ''
	      call add(out, text . ':' . group) | let text = ''
	    endif
	    let group = g | let text .= getline(l)[c - 1]
	  endfor
	endfor
	call writefile(out, '$LCS_LOG/painted')
	quitall!
	END
	cp "$LCS_LOG/vim" "$LCS_LOG/lcs.vim"
	rm -f "$LCS_LOG/painted"
	HOME=$LCS_LOG timeout 60 vim -u NONE -i NONE -N -es -S "$LCS_LOG/paint.vim" < /dev/null > "$LCS_LOG/vim.out" 2>&1
}

if ! command -v vim > /dev/null; then
	skip "Vim" "not installed"
else
	# Every word alone on a line.
	grep -vE '^directive ' "$LCS_LOG/words" | grep -v '?' | awk '{ print $2 }' > "$LCS_LOG/each.cfg"
	paint "$LCS_LOG/each.cfg"
	if [ "$(grep -cE '^[a-z_]+:lcs(Conditional|Statement|Operator|Boolean|Route|Item|Test|Type)$' "$LCS_LOG/painted")" = \
	    "$(wc -l < "$LCS_LOG/each.cfg")" ]; then
		ok "Vim colours each of $(wc -l < "$LCS_LOG/each.cfg") words"
	else
		not_ok "Vim colours each word" "$LCS_LOG/painted"
	fi
	cat > "$LCS_LOG/one.cfg" <<-'END'
	#!lcs 1
	#!define X 1
	if ($rU == "a$b") t_relay(); # why
	log(f"to $(ru{uri.host}) in 30s");
	listen = tls:10.0.0.1:5061
	acl near = { [2001:db8::]/32; }
	END
	paint "$LCS_LOG/one.cfg"
	missing=
	for want in '#!define X 1:lcsDirective' 'if:lcsConditional' '$rU:lcsVariable' '"a$b":lcsString' \
	    't_relay:lcsFunction' '# why:lcsComment' '10.0.0.1:lcsAddress' '[2001:db8::]/32:lcsAddress' '5061:lcsNumber' \
	    'listen:lcsItem' '$(ru{uri.host}):lcsVariable'; do
		grep -qxF -- "$want" "$LCS_LOG/painted" || missing="$missing $want"
	done
	if [ -z "$missing" ]; then
		ok "Vim tells variables, texts, functions, numbers and comments apart"
	else
		echo "# not painted:$missing"
		not_ok "Vim tells variables, texts, functions, numbers and comments apart" "$LCS_LOG/painted"
	fi
	# Vim with the file in its ftdetect, as make install puts it: *.cfg is Vim's own kind otherwise.
	mkdir -p "$LCS_LOG/rt/ftdetect" "$LCS_LOG/kinds/lcs"
	cp "$LCS_LOG/detect" "$LCS_LOG/rt/ftdetect/lcs.vim"
	printf '#!lcs 1\n' | tee "$LCS_LOG/kinds/any.cfg" > "$LCS_LOG/kinds/lcs.cfg"
	echo 'a = 1' | tee "$LCS_LOG/kinds/lcs/part.cfg" > "$LCS_LOG/kinds/other.cfg"
	for f in any.cfg lcs.cfg lcs/part.cfg other.cfg; do
		HOME=$LCS_LOG timeout 60 vim -u NONE -i NONE -N -es --cmd "set runtimepath^=$LCS_LOG/rt" \
		    -c 'filetype on' -c "edit $LCS_LOG/kinds/$f" -c "redir! > $LCS_LOG/kind" -c 'set filetype?' \
		    -c 'redir END' -c 'quitall!' < /dev/null > "$LCS_LOG/vim.out" 2>&1
		case $f$(cat "$LCS_LOG/kind") in
		other.cfg*=lcs) not_ok "Vim leaves $f alone" "$LCS_LOG/kind" ;;
		other.cfg*=cfg) ok "Vim leaves $f alone" ;;
		*=lcs) ok "Vim knows $f" ;;
		*) not_ok "Vim knows $f" "$LCS_LOG/kind" ;;
		esac
	done
	for f in cfg/samples/*.cfg; do
		paint "$LCS_SRC/$f"
		# In a shipped file nothing but names and signs may be without colour. One that
		# imports another may have no route of its own.
		if { ! grep -qE '^[a-z_]*route\b' "$f" || grep -qE ':lcsRoute$' "$LCS_LOG/painted"; } &&
		    grep -qE ':lcsComment$' "$LCS_LOG/painted" &&
		    ! grep -E ':$' "$LCS_LOG/painted" | grep -qE '"|\$[a-zA-Z]|#'; then
			ok "Vim colours $f"
		else
			grep -E ':$' "$LCS_LOG/painted" | grep -E '"|\$[a-zA-Z]|#' | head -5 | sed 's/^/# /'
			not_ok "Vim colours $f" "$LCS_LOG/vim.out"
		fi
	done
fi

if python3 - "$LCS_LOG/textmate" "$LCS_LOG/words" > "$LCS_LOG/textmate.log" 2>&1 <<'END'
import json, re, sys
grammar = json.load(open(sys.argv[1]))
patterns = [re.compile(p[k]) for p in grammar["patterns"] for k in ("match", "begin") if k in p]
wrong = 0
for line in open(sys.argv[2]):
    group, word = line.split()
    text = {"directive": "#!" + word + " X", "type": ": " + word}.get(group, word)
    if "?" in word:
        continue
    if not any(m and m.group(0).strip() in (text, text.lstrip(": ")) for m in (p.search(text) for p in patterns)):
        print("not matched:", text)
        wrong += 1
for text in ['f"a $rU"', '"text"', "'x'", "$(ru{uri.host})", "10.0.0.0/8", "[2001:db8::1]/64", "30s", "name(", "# c", "// c"]:
    if not any(m and m.start() == 0 for m in (p.search(text) for p in patterns)):
        print("not matched:", text)
        wrong += 1
sys.exit(wrong != 0)
END
then
	ok "the TextMate grammar knows every word"
else
	not_ok "the TextMate grammar knows every word" "$LCS_LOG/textmate.log"
fi
plan
