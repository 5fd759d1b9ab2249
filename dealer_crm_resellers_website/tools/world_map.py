"""Make static/lib/world_map/world.svg from countries-110m.json of the npm package world-atlas.

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python3 tools/world_map.py package/countries-110m.json > static/lib/world_map/world.svg

One unit of the drawing is a degree: x is the longitude, y the negative latitude.
"""

import json
import sys
from collections import Counter
from itertools import groupby, pairwise

ANTARCTICA = "010"
UNITS = 5  # per degree: finer than a pixel of a map 1,200 pixels wide
SMALLEST = 40  # square units; smaller islands are left out


def read_arcs(topology):
    """The arcs as lists of (x, y), in integer units."""
    transform = topology["transform"]
    (scale_x, scale_y), (move_x, move_y) = transform["scale"], transform["translate"]
    arcs = []
    for steps in topology["arcs"]:
        x = y = 0
        points = []
        for step_x, step_y in steps:
            x, y = x + step_x, y + step_y
            degrees = x * scale_x + move_x, y * scale_y + move_y
            points.append((round(degrees[0] * UNITS), round(-degrees[1] * UNITS)))
        arcs.append(points)
    return arcs


def read_polygons(geometry):
    return [geometry["arcs"]] if geometry["type"] == "Polygon" else geometry["arcs"]


def join(arcs, ring):
    """The points of a ring, given as arc numbers; ~n is arc n in reverse."""
    points = []
    for number in ring:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        points += arc[bool(points) :]
    return points


def unwrap(points):
    """The ring, and a copy of one that crosses the 180th meridian, so that both edges show their part."""
    turn, shift, whole = 360 * UNITS, 0, points[:1]
    for (x, _y), (next_x, next_y) in pairwise(points):
        shift += turn * ((x - next_x > turn / 2) - (next_x - x > turn / 2))
        whole.append((next_x + shift, next_y))
    west, east = min(x for x, _y in whole), max(x for x, _y in whole)
    copies = [0] + [turn] * (west < -turn / 2) + [-turn] * (east > turn / 2)
    return [[(x + copy, y) for x, y in whole] for copy in copies]


def measure(points):
    """Area of a ring in square units (the shoelace formula)."""
    pairs = zip(points, points[1:] + points[:1], strict=True)
    return abs(sum(x * y2 - x2 * y for (x, y), (x2, y2) in pairs)) / 2


def draw(points, end=""):
    points = [point for point, _same in groupby(points)]
    if len(points) < 2:
        return ""
    path, (x, y) = [f"M{points[0][0]} {points[0][1]}l"], points[0]
    for next_x, next_y in points[1:]:
        path.append(f"{next_x - x} {next_y - y} ")
        x, y = next_x, next_y
    return "".join(path).strip().replace(" -", "-") + end


def main(path):
    with open(path, encoding="utf-8") as file:
        topology = json.load(file)
    arcs = read_arcs(topology)
    countries = [
        country
        for country in topology["objects"]["countries"]["geometries"]
        if country.get("id") != ANTARCTICA
    ]
    rings = [
        ring for country in countries for polygon in read_polygons(country) for ring in polygon
    ]
    uses = Counter(max(number, ~number) for ring in rings for number in ring)
    borders = [number for number, count in uses.items() if count > 1]
    # The land of the countries kept above: rings of which some arc is theirs.
    land = [
        ring
        for geometry in topology["objects"]["land"]["geometries"]
        for polygon in read_polygons(geometry)
        for ring in polygon
        if any(max(number, ~number) in uses for number in ring)
    ]
    copies = (points for ring in land for points in unwrap(join(arcs, ring)))
    shapes = [points for points in copies if measure(points) >= SMALLEST]
    sys.stdout.write(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-180 -84 360 142">'
        "<!-- Natural Earth 1:110m (public domain) by way of world-atlas 2.0.2"
        " (ISC, Copyright 2013-2019 Michael Bostock); see LICENSE -->"
        f'<g transform="scale({1 / UNITS})">'
        f'<path fill="#7b8794" fill-opacity=".35" d="{"".join(draw(points, "z") for points in shapes)}"/>'
        '<path fill="none" stroke="#fff" stroke-opacity=".7" vector-effect="non-scaling-stroke"'
        f' stroke-width=".75" d="{"".join(draw(arcs[number]) for number in borders)}"/>'
        "</g></svg>\n"
    )


if __name__ == "__main__":
    main(sys.argv[1])
