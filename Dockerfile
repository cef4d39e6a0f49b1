# kairos in a slim image. Checked by deploy/lint.sh, not built: there was no Docker where it was written.
FROM debian:12-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates curl git make && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# The binary must run on other machines than this one.
ENV GGML_NATIVE=OFF
RUN make build && install -D target/release/kairos /out/kairos

FROM debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends \
        ca-certificates curl ffmpeg libgstreamer1.0-0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good \
        gstreamer1.0-plugins-bad gstreamer1.0-libav libssl3 zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --home-dir /var/lib/kairos kairos
COPY --from=build /out/kairos /usr/local/bin/kairos
USER kairos
WORKDIR /var/lib/kairos
ENTRYPOINT ["kairos"]
CMD ["--help"]
