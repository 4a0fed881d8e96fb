#!/usr/bin/env bash
# certs.sh FOLDER NAME...: a certificate authority and the aggregator's certificate for these DNS names and IP addresses.
# Makes ca.crt, tls.crt and tls.key in FOLDER; the authority's key is thrown away. For tests: production brings its own.
set -euo pipefail
folder=$1
shift
mkdir -p "$folder"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
names=
for name in "$@"; do
  if [[ $name =~ ^[0-9.]+$|: ]]; then names+=",IP:$name"; else names+=",DNS:$name"; fi
done
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=plumbline test authority" \
  -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign \
  -keyout "$work/ca.key" -out "$folder/ca.crt" 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=plumbline-aggregator" \
  -keyout "$work/tls.key" -out "$work/tls.csr" 2>/dev/null
printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\nkeyUsage=critical,digitalSignature\n' "${names#,}" > "$work/extensions"
openssl x509 -req -in "$work/tls.csr" -CA "$folder/ca.crt" -CAkey "$work/ca.key" -set_serial "0x$(openssl rand -hex 16)" \
  -days 30 -extfile "$work/extensions" -out "$folder/tls.crt" 2>/dev/null
install -m 0600 "$work/tls.key" "$folder/tls.key"
