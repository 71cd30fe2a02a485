"""The time zones to choose from, by their Windows names, which Azure Support expects: the usual one of each region."""

from __future__ import annotations

_ZONE_TABLE = """
Dateline Standard Time | Baker Island |
Hawaiian Standard Time | Honolulu |
Alaskan Standard Time | Anchorage |
Pacific Standard Time | Los Angeles, Vancouver |
Mountain Standard Time | Denver, Calgary |
US Mountain Standard Time | Phoenix |
Central Standard Time | Chicago, Winnipeg |
Central Standard Time (Mexico) | Mexico City | MEX
SA Pacific Standard Time | Bogota, Lima | COL ECU PAN PER
Eastern Standard Time | New York, Toronto |
Atlantic Standard Time | Halifax |
Pacific SA Standard Time | Santiago | CHL
Argentina Standard Time | Buenos Aires | ARG
E. South America Standard Time | Sao Paulo, Brasilia |
Azores Standard Time | Ponta Delgada |
UTC | UTC |
GMT Standard Time | London, Dublin, Lisbon | GBR IRL GGY IMN JEY PRT
Morocco Standard Time | Casablanca | MAR
W. Europe Standard Time | Rome, Berlin, Vienna, Zurich | ITA DEU AUT CHE NLD NOR SWE SMR VAT MLT LIE LUX MCO
Central Europe Standard Time | Budapest, Prague, Belgrade | HUN CZE SVK SVN SRB ALB MNE
Romance Standard Time | Paris, Madrid, Brussels, Copenhagen | FRA ESP BEL DNK AND
Central European Standard Time | Warsaw, Zagreb, Sarajevo | POL HRV BIH MKD
W. Central Africa Standard Time | Lagos, Algiers, Tunis | NGA DZA TUN
GTB Standard Time | Athens, Bucharest | GRC ROU CYP
FLE Standard Time | Helsinki, Kyiv, Sofia, Vilnius | FIN UKR BGR EST LVA LTU
Egypt Standard Time | Cairo | EGY
South Africa Standard Time | Johannesburg, Harare | ZAF ZWE ZMB
Israel Standard Time | Jerusalem | ISR
Turkey Standard Time | Istanbul | TUR
Arab Standard Time | Riyadh, Kuwait | SAU KWT QAT BHR
Russian Standard Time | Moscow |
E. Africa Standard Time | Nairobi | KEN ETH TZA UGA
Arabian Standard Time | Dubai, Muscat | ARE OMN
Pakistan Standard Time | Islamabad, Karachi | PAK
India Standard Time | New Delhi, Mumbai | IND
Sri Lanka Standard Time | Colombo | LKA
Bangladesh Standard Time | Dhaka | BGD
SE Asia Standard Time | Bangkok, Hanoi, Jakarta | THA VNM
China Standard Time | Beijing, Hong Kong | CHN HKG MAC
Singapore Standard Time | Singapore, Kuala Lumpur, Manila | SGP MYS PHL
Taipei Standard Time | Taipei | TWN
Tokyo Standard Time | Tokyo | JPN
Korea Standard Time | Seoul | KOR
W. Australia Standard Time | Perth |
AUS Eastern Standard Time | Sydney, Melbourne |
E. Australia Standard Time | Brisbane |
New Zealand Standard Time | Auckland | NZL
"""

DEFAULT_TIME_ZONE = "UTC"
TIME_ZONES: dict[str, str] = {}
"""The cities of each zone, by its name. People know their zone by a city."""
_ZONE_BY_COUNTRY: dict[str, str] = {}

for _line in _ZONE_TABLE.strip().splitlines():
    _name, _cities, _countries = (part.strip() for part in _line.split("|"))
    TIME_ZONES[_name] = _cities
    _ZONE_BY_COUNTRY.update(dict.fromkeys(_countries.split(), _name))


def find_time_zone(country: str) -> str:
    """Return the time zone of a country with a single one (three-letter code), or else `DEFAULT_TIME_ZONE`."""
    return _ZONE_BY_COUNTRY.get(country, DEFAULT_TIME_ZONE)
