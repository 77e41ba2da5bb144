from tests.followers.yard import yard

__all__ = ["yard"]
