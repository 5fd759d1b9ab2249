"""What ``/partners`` shows: ``page`` (the list and its filters), ``dots`` (those of the map) and ``view``
(the map's part of the world)."""
