# Socket Mode needs no port; HTTP and the health routes listen on $PORT.
# The digest is that of python:3.13-slim (3.13.15 on Debian trixie, all architectures) as public build logs and Dockerfiles
# of September 2026 have it. For a newer one: docker buildx imagetools inspect python:3.13-slim
ARG BASE=python:3.13-slim@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b
FROM ${BASE} AS build
WORKDIR /src
COPY requirements.txt requirements-release.txt ./
RUN pip install --no-cache-dir --require-hashes --prefix=/install -r requirements.txt \
  && python -m venv /tools && /tools/bin/pip install --no-cache-dir --require-hashes -r requirements-release.txt
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY bot bot
COPY data data
RUN /tools/bin/python -m build --wheel --no-isolation --outdir /wheel . \
  && pip install --no-cache-dir --no-deps --no-index --prefix=/install /wheel/*.whl

FROM ${BASE}
COPY --from=build /install /usr/local
RUN useradd --system --create-home --uid 10001 --user-group xocompat && install -d -o 10001 /data
# As a number: Kubernetes' runAsNonRoot believes no name.
USER 10001
WORKDIR /data
# The database outlives the container; a configuration may lie beside it, as /data/xocompat.yaml.
VOLUME /data
ENV PORT=3000 PYTHONUNBUFFERED=1
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=3s CMD ["python", "-m", "bot.web.is_alive"]
ENTRYPOINT ["xocompat"]
CMD ["serve"]
