#!/bin/sh
# Makes what may not be the same twice: the master key, the database's password, a certificate for localhost.
# What is there already stays. Keep a copy of secrets/master.key elsewhere: without it the database is useless.
set -eu
cd "$(dirname "$0")"
mkdir -p secrets
# Nobody but you gets into the folder; the containers' users have to read the files in it.
chmod 0700 secrets
umask 0022
[ -e secrets/master.key ] || openssl rand -hex 32 > secrets/master.key
[ -e secrets/storage-password ] || openssl rand -hex 24 > secrets/storage-password
if [ ! -e secrets/haproxy.pem ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 -subj /CN=localhost \
        -addext subjectAltName=DNS:localhost -keyout secrets/tls.key -out secrets/tls.pem 2> /dev/null
    cat secrets/tls.pem secrets/tls.key > secrets/haproxy.pem
    chmod 0644 secrets/haproxy.pem
    rm secrets/tls.key
fi
echo "made in $(pwd)/secrets: master.key, storage-password, tls.pem, haproxy.pem"
