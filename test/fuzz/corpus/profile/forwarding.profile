# The rules of profile = "forwarding". The forms of rules: doc/language/guide.md, "Profiles".

about                                     "passes requests between servers; keeps no users, asks nobody who they are"
no module      auth*                      "it passes requests on and asks nobody who they are"
no call        save                       "it keeps no users"
no reply       300..399                   "it goes to the next place itself"
no reply       401                        "it asks nobody who they are"
no reply       407                        "it asks nobody who they are"
