"""Pictures for models: what may enter a conversation, and in which size."""

from __future__ import annotations

from pi.images.prepare import DEFAULT_LIMITS, MAX_FILE_BYTES, Prepared, prepare_image

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.images.prepare import ImageLimits as ImageLimits

__all__ = ["DEFAULT_LIMITS", "MAX_FILE_BYTES", "Prepared", "prepare_image"]
