from .page import html_page as html_page
from .page import save_html as save_html
