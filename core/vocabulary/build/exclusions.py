"""WordNet ancestors that are too general to be useful as categories.

An ancestor is excluded when it is fewer than `MIN_DEPTH` steps below the root "entity" and not
listed in `ALWAYS_INCLUDED`, or when it is listed in `TOO_GENERAL`. Entries are written "wnid name".
"""

from __future__ import annotations

# Shallower synsets are abstract (object, matter, relation); deeper ones name concrete things.
MIN_DEPTH = 4

# Shallow synsets that are nevertheless common search terms.
ALWAYS_INCLUDED = ("n00007846 person", "n09287968 geological formation")

# Excluded synsets by reason.
TOO_GENERAL = {
    "covers nearly all classes, or all organisms": (
        "n00004258 living thing",
        "n00004475 organism",
        "n00021939 artifact",
        "n03575240 instrumentality",
    ),
    "states only that an object was made or can be used": (
        "n00022903 article",
        "n02727825 apparatus",
        "n03129123 creation",
        "n03183080 device",
        "n03294048 equipment",
        "n03563967 implement",
        "n03574816 instrument",
        "n03736970 mechanical device",
        "n03738472 mechanism",
        "n04007894 product",
        "n04377057 system",
        "n04550840 ware",
        "n04599396 work",
        "n06254669 medium",
    ),
    "describes how an object is traded": (
        "n03076708 commodity",
        "n03093574 consumer goods",
        "n03252064 drygoods",
        "n03257877 durables",
        "n03953020 place of business",
    ),
    "states only how an object is built, or its function as a part": (
        "n02671780 accessory",
        "n02735688 area",
        "n02755352 attachment",
        "n02788689 bar",
        "n02856463 board",
        "n02914991 building complex",
        "n03032811 circle",
        "n03091374 connection",
        "n03096960 control",
        "n03178782 design",
        "n03302121 excavation",
        "n03391770 framework",
        "n03536348 horizontal surface",
        "n03659292 lever",
        "n03932203 piece",
        "n03932670 piece of cloth",
        "n04081844 restraint",
        "n04110955 rotating mechanism",
        "n04188643 sheet",
        "n04341414 structural member",
        "n04341686 structure",
        "n04359589 support",
        "n04360501 support",
        "n04361095 supporting structure",
        "n04362025 surface",
        "n04453910 top",
        "n09349797 mechanism",
    ),
    "groups objects that are not searched for together": (
        "n03122748 covering",
        "n04014297 protective covering",
        "n03297735 establishment",
        "n03574555 institution",
        # Includes all wheeled vehicles, besides bottles and boxes.
        "n03094503 container",
    ),
    "names only a location": (
        "n04602044 workplace",
        "n08578706 geographic point",
        "n08620061 point",
    ),
    "names a substance, a shape or a sign in general": (
        "n03247620 drug",
        "n03248958 drug of abuse",
        "n03740161 medicine",
        "n03994008 powder",
        "n06873571 visual signal",
        "n07570720 nutriment",
        "n07882497 concoction",
        "n13865483 round shape",
        "n13899200 sphere",
        "n13899404 ball",
        "n14580897 material",
        "n14939900 fluid",
        "n14940386 liquid",
        "n00019128 natural object",
    ),
    "names a role of a person": (
        "n09613191 contestant",
        "n09626238 peer",
        "n09816771 associate",
        "n10401829 participant",
    ),
}

# Categories merged into another (source: target). WordNet separates nutrients (pizza) from solid
# food (banana); a search for food means both.
MERGED = {"n07555863 food": "n00021265 food"}
