# docker build -t cookieshop . && docker run --rm -p 8080:8080 -v cookieshop:/data cookieshop
# docker build --target tests .      builds everything and runs every test

FROM debian:12-slim AS source
WORKDIR /app
COPY scripts/install scripts/
RUN scripts/install build
COPY . .

FROM source AS tests
RUN scripts/test

FROM source AS builder
RUN cmake --preset release -DCOOKIESHOP_TESTS=OFF \
    && cmake --build --preset release --target cookieshop \
    && cmake --install build/release --component program --prefix /installed --strip

FROM debian:12-slim
COPY scripts/install /tmp/
RUN /tmp/install run && rm -rf /tmp/install /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home cookieshop \
    && install -d -o cookieshop -g cookieshop -m 700 /data
COPY --from=builder /installed/bin/cookieshop /usr/local/bin/
USER cookieshop
WORKDIR /data
VOLUME /data
EXPOSE 8080
# The image has no HTTP client; bash can speak as much of it as this needs.
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["bash", "-c", \
    "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /healthz HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && read -r -t 2 _ status _ <&3 && [ \"$status\" = 200 ]"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["cookieshop"]
CMD ["serve", "--address", "0.0.0.0"]
