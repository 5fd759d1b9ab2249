"""The content of ``/partners``: ``page`` (the list and its filters), ``dots`` (of the map), ``view`` (the
part of the world on the map)."""
