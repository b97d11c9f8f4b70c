# The rules of profile = "home". A site's own file of the same name in profiles/ beside
# lcs.cfg comes first. The forms of rules: doc/language/guide.md, "Profiles".

about                                     "users live here: they sign in and are found by their name"
no listener    udp                        "clients of a home server come by TCP or TLS"
certificate    peers                      "other servers show who they are: faces = peers"
may call       save                       "users live here, and their bindings"
may module     auth*                      "users sign in here"
before relay   of MESSAGE archive with archiving  "what is said is archived before it is delivered"
