"""Themes: colours by role, and the escape sequences they become. Pure; knows no agent.

color     colour maths: sRGB, OKLab, contrast, gamut
okhsl     hue, saturation and lightness in that space, always within sRGB
notation  colours as theme files write them
palette   the 256 colours of terminals, and the nearest of them
depth     how many colours a terminal has
role      the roles, one row each
document  what a theme file says, checked
theme     a theme in use: `theme.fg("accent", "text")`
system    the theme made of a terminal's own colours
choice    light or dark, and which theme is meant
"""
