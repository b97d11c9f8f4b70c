# The rules of profile = "frontend". The forms of rules: doc/language/guide.md, "Profiles".

about                                     "signs users in, and passes them on to where they live"
no call        save                       "bindings are kept by the home servers behind it"
may module     auth*                      "users sign in here"
before relay   auth_*|*_authenticate|*_authorize|*_auth|from_peer|peer_*|allow_*|t_check_trans|loose_route  "who is not a peer signs in before anything is passed on"
