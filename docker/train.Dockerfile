# The training image: the reference pipeline, without data and without secrets. docs/images.md says how to run it.
# Renovate adds the digest of the base and keeps it up to date; see .github/renovate.json.
ARG BASE=docker.io/library/python:3.11-slim-bookworm
FROM $BASE

# The packages have a layer of their own, which a change of the code does not build again.
ARG TORCH_WHEELS=https://download.pytorch.org/whl/cpu/torch/
COPY constraints.txt docker/train.txt /opt/packages/
# The secrets are optional: pip's settings and a certificate, for a network that needs them.
RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf --mount=type=secret,id=ca.crt,target=/run/secrets/ca.crt \
    python -m venv /opt/venv \
    && export PIP_CONSTRAINT=/opt/packages/constraints.txt PIP_NO_CACHE_DIR=1 PIP_USE_PEP517=1 \
    && /opt/venv/bin/pip install --no-deps --no-index --find-links "$TORCH_WHEELS" torch \
    && /opt/venv/bin/pip install --requirement /opt/packages/train.txt

ENV PATH=/opt/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOME=/tmp LOGNAME=digits DVC_SITE_CACHE_DIR=/tmp/dvc
WORKDIR /app
COPY .dvc/config .dvc/
COPY .dvcignore data.dvc dvc.lock dvc.yaml params.yaml ./
COPY docker/train.py docker/
# What the stages import, file by file: a change of the service changes nothing here. A test compares the lists.
COPY src/digits/__init__.py \
     src/digits/card.py \
     src/digits/dataset.py \
     src/digits/distributed.py \
     src/digits/draw.py \
     src/digits/evaluate.py \
     src/digits/latency.py \
     src/digits/model.py \
     src/digits/pictures.py \
     src/digits/predictions.py \
     src/digits/prepare.py \
     src/digits/schema.py \
     src/digits/scores.py \
     src/digits/split.py \
     src/digits/stage.py \
     src/digits/tables.py \
     src/digits/train.py \
     src/digits/training.py \
     src/digits/
USER 10001:10001
# Nothing answers while a training runs, and it ends by itself: its exit code is its health.
HEALTHCHECK NONE
ENTRYPOINT ["python", "docker/train.py"]
