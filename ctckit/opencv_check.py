"""Say in one line what to do where OpenCV is installed but cannot start."""

from ctckit.errors import InputError


def require_opencv() -> None:
    """Import OpenCV, which needs a few system libraries that servers and containers may lack.

    Raises:
        InputError: one of them (such as libGL.so.1) is missing; tells how to get it.
    """
    try:
        import cv2  # noqa: F401
    except ImportError as error:
        if ".so" not in str(error):
            raise
        raise InputError(
            f"OpenCV cannot start: {error}. Install the system libraries "
            "(Debian, Ubuntu: apt-get install libgl1 libglib2.0-0), or take the OpenCV that needs "
            "none: pip uninstall -y opencv-python && pip install opencv-python-headless"
        ) from error
