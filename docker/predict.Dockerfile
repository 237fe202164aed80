# The prediction service, without a model and without secrets: it fetches its model when it starts. docs/images.md says how.
# Renovate adds the digest of the base and keeps it up to date; see .github/renovate.json.
ARG BASE=docker.io/library/python:3.11-slim-bookworm
FROM $BASE

# git reads the registry. A repository that is mounted at /repository may belong to any user. No version is pinned, because
# Debian removes a version from its servers as soon as there is a fix for it.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates git \
    && rm -rf /var/lib/apt/lists/* \
    && git config --system --add safe.directory /repository \
    && git config --system --add safe.directory /repository/.git

# The packages have a layer of their own, which a change of the code does not build again.
ARG TORCH_WHEELS=https://download.pytorch.org/whl/cpu/torch/
COPY constraints.txt docker/predict.txt /opt/packages/
# The secrets are optional: pip's settings and a certificate, for a network that needs them.
RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf --mount=type=secret,id=ca.crt,target=/run/secrets/ca.crt \
    python -m venv /opt/venv \
    && export PIP_CONSTRAINT=/opt/packages/constraints.txt PIP_NO_CACHE_DIR=1 PIP_USE_PEP517=1 \
    && /opt/venv/bin/pip install --no-deps --no-index --find-links "$TORCH_WHEELS" torch \
    && /opt/venv/bin/pip install --requirement /opt/packages/predict.txt

ENV PATH=/opt/venv/bin:$PATH PYTHONPATH=/app/src PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    HOME=/tmp LOGNAME=digits DVC_SITE_CACHE_DIR=/tmp/dvc
WORKDIR /app
COPY docker/health.py docker/
COPY src/headway/ src/headway/
# What the service imports, and nothing of the training. A test compares the lists.
COPY src/digits/inference/ src/digits/inference/
COPY src/digits/serve/ src/digits/serve/
COPY src/digits/__init__.py \
     src/digits/card.py \
     src/digits/dataset.py \
     src/digits/model.py \
     src/digits/predictions.py \
     src/digits/stage.py \
     src/digits/
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=2m CMD ["python", "docker/health.py"]
ENTRYPOINT ["python", "-m", "digits.serve", "--host", "0.0.0.0"]
