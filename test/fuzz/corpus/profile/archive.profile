# The rules of profile = "archive". The forms of rules: doc/language/guide.md, "Profiles".

about                                     "what is said is kept here, and travels encrypted"
no listener    udp|tcp                    "what is archived travels encrypted"
