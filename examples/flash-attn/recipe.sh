#!/bin/sh
# Adopts the published sdist of flash-attn, so that every frontend builds it.
# TORCH is what it is built against; more `augbackend adopt` options may follow on the command line.
set -eu
VERSION=${VERSION:-2.8.3}
TORCH=${TORCH:-torch==2.8.0}

# Not `pip download`: to learn the metadata it runs setup.py, which is what fails.
unearth --no-binary --download . "flash-attn==$VERSION" >/dev/null
tar xf "flash_attn-$VERSION.tar.gz"

# setup.py imports torch, packaging and psutil; ninja makes the kernels' build bearable.
augbackend adopt "flash_attn-$VERSION" \
  --require "$TORCH" --require packaging --require psutil --require ninja \
  --variable FLASH_ATTENTION_SKIP_CUDA_BUILD=TRUE "$@"
