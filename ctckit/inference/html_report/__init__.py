"""An evaluation for people: one HTML page that needs neither network nor other files."""

from ctckit.inference.html_report.page import html_page, save_html

__all__ = ["html_page", "save_html"]
