# lmsync's image: the program and nothing else.
#
#   docker build -t lmsync .     compiles inside a Rust image: needs Docker with BuildKit (23 or later), nothing else
#   cargo xtask docker           on Linux x86-64, takes the program that the host's own toolchain has linked

# What both ways share.
FROM scratch AS base
LABEL org.opencontainers.image.title="lmsync" \
      org.opencontainers.image.description="Keeps OpenClaw's model list true to what LM Studio serves" \
      org.opencontainers.image.source="https://github.com/lmsync/lmsync" \
      org.opencontainers.image.documentation="https://github.com/lmsync/lmsync#readme" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
# As OpenClaw's own image: the user `node`, whose state folder is /home/node/.openclaw.
ENV HOME=/home/node
USER 1000:1000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s --retries=3 CMD ["/lmsync", "healthcheck"]
ENTRYPOINT ["/lmsync"]

# From a context that holds the program alone. Stands before the builder, since the builder of Docker 22 and earlier
# makes every stage above its target.
FROM base AS prebuilt
COPY lmsync /lmsync

# The newest stable Rust works; this is the oldest one, as Cargo.toml says.
FROM rust:1.88-slim-bookworm AS builder
WORKDIR /src
COPY . .
# An explicit target keeps build scripts and procedural macros dynamic, which they must be.
RUN target="$(rustc -vV | sed -n 's/^host: //p')" \
 && RUSTFLAGS="-C target-feature=+crt-static" cargo build --release --locked --package lmsync --target "$target" \
 && install -D "target/$target/release/lmsync" /out/lmsync

FROM base
COPY --from=builder /out/lmsync /lmsync
