"""Which of WordNet's ancestors are too general to be worth showing or typing.

A category is too general when it lies fewer than `LEAST_DEPTH` steps below "entity" and is not
among the few that people do ask for, or when it is written down here with the reason.
"""

from __future__ import annotations

# Above this WordNet divides the world (object, matter, relation); below it, it names things.
LEAST_DEPTH = 4

ASKED_FOR = ("n00007846 person", "n09287968 geological formation")

TOO_GENERAL = {
    "covers nearly every class, or all that lives": (
        "n00004258 living thing",
        "n00004475 organism",
        "n00021939 artifact",
        "n03575240 instrumentality",
    ),
    "says only that something was made or can be used": (
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
    "says how something is traded": (
        "n03076708 commodity",
        "n03093574 consumer goods",
        "n03252064 drygoods",
        "n03257877 durables",
        "n03953020 place of business",
    ),
    "says only how something is built, or what it is part of": (
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
    "joins things that nobody looks for together": (
        "n03122748 covering",
        "n04014297 protective covering",
        "n03297735 establishment",
        "n03574555 institution",
        # WordNet files every wheeled vehicle under it, beside bottles and boxes.
        "n03094503 container",
    ),
    "is a place only by being somewhere": (
        "n04602044 workplace",
        "n08578706 geographic point",
        "n08620061 point",
    ),
    "is a substance, a shape or a sign as such": (
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
    "is a part somebody plays": (
        "n09613191 contestant",
        "n09626238 peer",
        "n09816771 associate",
        "n10401829 participant",
    ),
}

# WordNet tells nutrients (pizza) from solid foods (banana); whoever looks for food means both.
JOINED = {"n07555863 food": "n00021265 food"}
