"""Whose data these are, and what they ask to be cited; catalogues hand it on."""

CHALLENGE = {
    "licence": "Rules of the challenge at Kaggle; images CC BY, Sloan Digital Sky Survey",
    "citation": "Willett et al. 2013, MNRAS 435, 2835",
}

GALAXY_ZOO_2 = {
    "licence": "Votes by the volunteers of Galaxy Zoo (data.galaxyzoo.org); images CC BY, Sloan Digital Sky Survey",
    "citation": "Willett et al. 2013, MNRAS 435, 2835; Hart et al. 2016, MNRAS 461, 3663",
}
