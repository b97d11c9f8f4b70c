# The rules of profile = "carrier". The forms of rules: doc/language/guide.md, "Profiles".

about                                     "trunks in, gateways out"
want module    pike|ratelimit             "strangers and broken gateways need a limit"
before reply   allow_*|source_address_*|ds_is_from_list|t_check_trans|loose_route  "who sends is looked at before the first answer: scanners look for servers that answer strangers"
before relay   of INVITE setflag|acc_*  with acc  "calls are charged for: set the flag of the accounting"
before relay   allow_*|source_address_*|ds_is_from_list|auth_*|*_authenticate|*_authorize|check_route_param|t_check_trans|loose_route  "the trunk or gateway it comes from is checked first: everybody else is a stranger"
