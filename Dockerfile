# Cooee with the broker it brings, for compose.yaml. Nobody is root in it, and it holds no password.
FROM debian:bookworm-slim AS build
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends gcc libc6-dev python3-dev python3-venv
WORKDIR /source
COPY . .
RUN python3 -m venv /opt/cooee && PIP_CONSTRAINT=constraints.txt /opt/cooee/bin/pip install -q --no-cache-dir .

FROM debian:bookworm-slim
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends mosquitto python3 && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 1000 --create-home cooee
COPY --from=build /opt/cooee /opt/cooee
ENV PATH=/opt/cooee/bin:/usr/sbin:/usr/bin:/bin LOGNAME=cooee
USER cooee
WORKDIR /data
ENTRYPOINT ["cooee"]
CMD ["--help"]
