# Socket Mode needs no port; HTTP and the health routes listen on $PORT.
FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY bot bot
COPY data data
RUN pip install --no-cache-dir --prefix=/install .

FROM python:3.13-slim
COPY --from=build /install /usr/local
RUN useradd --system --create-home --uid 10001 xocompat && install -d -o xocompat /data
USER xocompat
WORKDIR /data
# The database outlives the container; a configuration may lie beside it, as /data/xocompat.yaml.
VOLUME /data
ENV PORT=3000 PYTHONUNBUFFERED=1
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=3s \
  CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=2)"]
ENTRYPOINT ["xocompat"]
CMD ["serve"]
