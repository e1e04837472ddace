# Reads over HTTP with your model; how to run it: docs/serving.md#in-a-container
FROM python:3.11-slim AS build
COPY . /src
# OpenCV without windows: it needs no libraries of a desktop.
RUN python -m venv /opt/ctckit \
 && /opt/ctckit/bin/pip install --no-cache-dir -c /src/constraints.txt "/src[serve]" \
 && /opt/ctckit/bin/pip uninstall --yes opencv-python \
 && /opt/ctckit/bin/pip install --no-cache-dir --no-deps opencv-python-headless==5.0.0.93

FROM python:3.11-slim
COPY --from=build /opt/ctckit /opt/ctckit
ENV PATH=/opt/ctckit/bin:$PATH PYTHONDONTWRITEBYTECODE=1
USER 65534:65534
EXPOSE 8000
HEALTHCHECK CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/ready', timeout=3)"]
ENTRYPOINT ["ctckit", "serve", "--host", "0.0.0.0"]
CMD ["/models/model.onnx"]
