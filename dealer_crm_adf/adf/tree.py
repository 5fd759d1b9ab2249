"""The elements of an ADF document; each remembers whether it was read."""

from collections import Counter
from collections.abc import Iterator

from lxml import etree

#: elements of HTML that begin a line
BLOCKS = {"br", "p", "div", "li", "tr", "pre"}
#: elements of HTML within a word
INLINE = {"a", "b", "em", "font", "i", "span", "strong", "sub", "sup", "u"}


class Node:
    """One element. Names of elements and attributes are in lower case, without a namespace.

    ``take`` takes texts; ``rest`` yields those that nobody took, so that nothing gets lost.
    """

    def __init__(self, element: etree._Element) -> None:
        self._element = element
        self.name = local(element.tag)
        self.attributes = {local(name): one_line(value) for name, value in element.items()}
        # A prospect that is not closed must not take the next one's texts.
        children = [Node(child) for child in element if isinstance(child.tag, str)]
        self.children = [child for child in children if child.name != "prospect"]
        self._taken = False

    def __bool__(self) -> bool:
        """Whether the element contains text."""
        return any(text.strip() for text in self._element.itertext())

    def all(self, *names: str) -> list["Node"]:
        """The children with one of these names that contain text."""
        return [child for child in self.children if child.name in names and child]

    def first(self, name: str) -> "Node":
        """The first child with this name that contains text; else an empty element."""
        return next(iter(self.all(name)), None) or Node(etree.Element(name))

    def find(self, name: str) -> "Node":
        """The first element with this name at any depth, because end tags may be missing."""
        if found := self.first(name):
            return found
        return next(filter(None, (child.find(name) for child in self.children)), found)

    def get(self, attribute: str) -> str:
        """The attribute in lower case; "" if there is none."""
        return self.attributes.get(attribute, "").lower()

    def peek(self) -> str:
        """The text of this element and of those in it, as one line."""
        return one_line(_text(self._element))

    def take(self) -> str:
        """Take the text, as one line."""
        self._taken = True
        return self.peek()

    def take_lines(self) -> str:
        """Take the text, in its lines."""
        self._taken = True
        lines = map(one_line, _text(self._element).splitlines())
        return "\n".join(filter(None, lines))

    def rest(self, path: str = "") -> Iterator[str]:
        """``path (attributes): text`` of each innermost element that was not read."""
        total, numbers = Counter(child.name for child in self.children), Counter()
        for child in self.children:
            numbers[child.name] += 1
            if child._taken or not child:
                continue
            step = f"{path} {child.name}".strip()
            if total[child.name] > 1:
                step += f" {numbers[child.name]}"
            if child.children and not child._has_own_text():
                yield from child.rest(step)
            else:
                values = ", ".join(filter(None, child.attributes.values()))
                yield f"{step} ({values}): {child.peek()}" if values else f"{step}: {child.peek()}"

    def _has_own_text(self) -> bool:
        texts = [self._element.text, *(child.tail for child in self._element)]
        return any(text and text.strip() for text in texts)

    def content(self) -> list:
        """The whole content of the element, to compare it with another one."""
        parts = [child.content() for child in self.children]
        return [self.name, sorted(self.attributes.items()), parts or self.peek()]


def local(name: str) -> str:
    """The name of an element or attribute without its namespace, in lower case."""
    return name.rpartition("}")[2].rpartition(":")[2].lower()


def one_line(text: str) -> str:
    return " ".join(text.split())


def _text(element: etree._Element) -> str:
    parts = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str):
            name = local(child.tag)
            mark = "\n" if name in BLOCKS else "" if name in INLINE else " "
            parts += [mark, _text(child), mark]
        parts.append(child.tail or "")
    return "".join(parts)
