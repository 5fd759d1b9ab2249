from .view import WORLD, View, fit, parse_box
