from .data_page import save_data_page as save_data_page
from .page import html_page as html_page
from .page import save_html as save_html
from .progress_page import ReadCard as ReadCard
from .progress_page import save_progress as save_progress
