"""OpenCV in one thread: work is spread over processes, and a pool of threads does not survive a fork.

Import `cv2` from here, inside the function that needs it: it takes 16 MB.
"""

from __future__ import annotations

import cv2

cv2.setNumThreads(1)

__all__ = ["cv2"]
