from __future__ import annotations

import pytest

from pi.value import Value, replace


class Point(Value):
    x: int
    y: int = 7


class Other(Value):
    x: int
    y: int = 7


class Empty(Value):
    pass


def test_positional_keyword_and_default():
    assert (Point(1).x, Point(1).y) == (1, 7)
    assert Point(y=2, x=1) == Point(1, 2)


def test_wrong_arguments_are_refused():
    with pytest.raises(TypeError, match="x"):
        Point()
    with pytest.raises(TypeError):
        Point(1, 2, 3)
    with pytest.raises(TypeError):
        Empty(1)


def test_immutable():
    point = Point(1)
    with pytest.raises(AttributeError, match="immutable"):
        point.x = 2
    with pytest.raises(AttributeError, match="immutable"):
        del point.x
    with pytest.raises(AttributeError):
        point.z = 3
    assert point.x == 1


def test_equality_needs_the_same_class():
    assert Point(1, 2) == Point(1, 2)
    assert Point(1, 2) != Point(1, 3)
    assert Point(1) != Other(1)
    assert Empty() == Empty()


def test_matching_and_repr():
    match Point(3, 4):
        case Point(x, y):
            found = (x, y)
    assert found == (3, 4)
    assert repr(Point(3)) == "Point(x=3, y=7)"


def test_replace():
    point = Point(1, 2)
    assert replace(point, y=5) == Point(1, 5)
    assert point == Point(1, 2)
    with pytest.raises(TypeError):
        replace(point, z=1)
