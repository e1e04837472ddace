from .curves import save_learning_curves as save_learning_curves
from .grid import caption as caption
from .grid import image_grid as image_grid
from .grid import predictions_grid as predictions_grid
from .grid import save_png as save_png
from .page import html_page as html_page
from .page import save_html as save_html
from .save import save_report as save_report
