# Throw-away servers for the tests: started on free ports, removed at the end. Sourced by tests/run.

SERVERS=()
SERVERS_DIR=

servers_dir() {
  if [ -z "$SERVERS_DIR" ]; then
    SERVERS_DIR=$(mktemp -d)
    chmod 755 "$SERVERS_DIR"
    trap stop_servers EXIT
  fi
}

stop_servers() {
  for stop in "${SERVERS[@]}"; do
    eval "$stop" >/dev/null 2>&1 || true
  done
  SERVERS=()
  [ -z "$SERVERS_DIR" ] || rm -rf "$SERVERS_DIR"
  SERVERS_DIR=
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# PostgreSQL will not run as root, so there it runs as the user of its package.
as_postgres() {
  if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

# Debian keeps the server's programs of each version in a folder of their own.
postgres_bin() {
  local newest
  newest=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
  [ -n "$newest" ] || newest=$(dirname "$(command -v pg_ctl || echo missing)")
  [ -x "$newest/initdb" ] && echo "$newest"
}

need_postgres() {
  postgres_bin >/dev/null && return
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing postgresql"
    # The package would start a server of its own, which nobody here needs.
    mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] ||
      echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      -o Dpkg::Options::=--force-confold postgresql >/dev/null
  fi
  postgres_bin >/dev/null && return
  echo "missing: a PostgreSQL server (Debian's package postgresql). Install it and run this again." >&2
  exit 1
}

# Makes an authority, another one that nobody asked for, and the certificate of a server of this machine.
make_certificates() {
  need openssl openssl
  local dir=$1 new=(openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2)
  for name in authority stranger; do
    "${new[@]}" -subj "/CN=$name" -keyout "$dir/$name.key" -out "$dir/$name.pem" 2>>"$dir/openssl.log"
  done
  "${new[@]}" -subj "/CN=server" -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE \
    -CA "$dir/authority.pem" -CAkey "$dir/authority.key" -keyout "$dir/server.key" -out "$dir/server.pem" \
    2>>"$dir/openssl.log"
}

# Sets QUIBBLE_TEST_POSTGRES to the URL of a new server, which proves with a certificate who it is, and
# QUIBBLE_TEST_CERTIFICATES to the folder of that certificate, for other servers.
start_postgres() {
  need_postgres
  need python3 python3
  servers_dir
  local bin data port
  bin=$(postgres_bin)
  data=$SERVERS_DIR/postgres
  port=$(free_port)
  mkdir "$data"
  make_certificates "$data"
  [ "$(id -u)" != 0 ] || chown -R postgres "$data"
  as_postgres "$bin/initdb" -D "$data/data" -A trust -U quibble --no-sync -E UTF8 --locale=C.UTF-8 >"$SERVERS_DIR/initdb.log"
  # Not for a test's sake must the disk be waited for: nobody cuts its power.
  as_postgres "$bin/pg_ctl" -D "$data/data" -l "$data/log" -w \
    -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$data -c fsync=off -c max_connections=400 \
      -c ssl=on -c ssl_cert_file=$data/server.pem -c ssl_key_file=$data/server.key" \
    start >/dev/null
  SERVERS+=("as_postgres $bin/pg_ctl -D $data/data -m immediate stop")
  export QUIBBLE_TEST_CERTIFICATES="$data"
  export QUIBBLE_TEST_POSTGRES="postgres://quibble@127.0.0.1:$port/postgres?sslmode=verify-full&sslrootcert=$data/authority.pem"
}

# Sets QUIBBLE_TEST_POOLER to the URL of a new pooler before the server, which lends a connection for one transaction.
start_pgbouncer() {
  need pgbouncer pgbouncer
  local dir port server
  dir=$SERVERS_DIR/pgbouncer
  port=$(free_port)
  server=${QUIBBLE_TEST_POSTGRES##*127.0.0.1:}
  mkdir "$dir"
  cat >"$dir/pgbouncer.ini" <<EOF
[databases]
* = host=127.0.0.1 port=${server%%/*} user=quibble
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $port
unix_socket_dir =
auth_type = any
pool_mode = transaction
# Fewer than the tests ask for, so that they go from hand to hand.
default_pool_size = 3
max_client_conn = 400
ignore_startup_parameters = extra_float_digits
logfile = $dir/log
pidfile = $dir/pid
EOF
  [ "$(id -u)" != 0 ] || chown -R postgres "$dir"
  as_postgres pgbouncer -d -q "$dir/pgbouncer.ini"
  # The one that stays writes it, a moment after the one that was started has ended.
  local waits=100
  until [ -s "$dir/pid" ] || [ $((waits--)) = 0 ]; do sleep 0.1; done
  SERVERS+=("kill $(cat "$dir/pid")")
  export QUIBBLE_TEST_POOLER="postgres://quibble@127.0.0.1:$port/postgres"
}

# Sets QUIBBLE_TEST_FAKETIME to what is preloaded, so that a process has a wrong clock.
need_faketime() {
  need faketime faketime
  QUIBBLE_TEST_FAKETIME=$(faketime -f +0 printenv LD_PRELOAD)
  export QUIBBLE_TEST_FAKETIME
}

# Sets QUIBBLE_TEST_POSTGRES_BIN and QUIBBLE_TEST_HAPROXY for tests that start, and end, such a server of their own; and
# QUIBBLE_TEST_FIU to what is preloaded, so that a process has a bad disk.
need_own_servers() {
  need_postgres
  need haproxy haproxy
  need_faketime
  need fiu-ctrl fiu-utils
  QUIBBLE_TEST_POSTGRES_BIN=$(postgres_bin)
  QUIBBLE_TEST_HAPROXY=$(command -v haproxy)
  QUIBBLE_TEST_FIU=$(fiu-run -n -x true | sed -n 's/.*LD_PRELOAD="\([^"]*\)".*/\1/p')
  export QUIBBLE_TEST_POSTGRES_BIN QUIBBLE_TEST_HAPROXY QUIBBLE_TEST_FIU
}

# Sets QUIBBLE_TEST_NGINX to the program with which a test starts its own proxy.
need_nginx() {
  need nginx nginx-light
  QUIBBLE_TEST_NGINX=$(command -v nginx)
  export QUIBBLE_TEST_NGINX
}

# Sets QUIBBLE_TEST_REDIS to the program with which a test starts its own servers.
need_redis() {
  need redis-server redis-server
  QUIBBLE_TEST_REDIS=$(command -v redis-server)
  export QUIBBLE_TEST_REDIS
}

# Sets QUIBBLE_TEST_PEBBLE to the folder of Pebble's programs, the authority that Let's Encrypt makes for tests. The one of
# Debian 12 knows nothing of renewals, so it is taken from Debian's newest.
need_pebble() {
  servers_dir
  if command -v pebble >/dev/null 2>&1 && [ -n "$(pebble_knows_renewals)" ]; then
    QUIBBLE_TEST_PEBBLE=$(dirname "$(command -v pebble)")
  else
    echo "fetching pebble"
    fetch_pebble || true
    QUIBBLE_TEST_PEBBLE=$SERVERS_DIR/pebble/usr/bin
  fi
  if [ ! -x "$QUIBBLE_TEST_PEBBLE/pebble" ] || [ ! -x "$QUIBBLE_TEST_PEBBLE/pebble-challtestsrv" ]; then
    echo "missing: pebble and pebble-challtestsrv 2.10 or newer (package pebble of Debian unstable). Install it and run this again." >&2
    exit 1
  fi
  export QUIBBLE_TEST_PEBBLE
}

pebble_knows_renewals() {
  dpkg-query -W -f '${Version}' pebble 2>/dev/null | grep -E '^2\.[1-9][0-9]' || true
}

# Without a change to what apt knows: lists and package stay in the folder of these tests.
fetch_pebble() {
  command -v apt-get >/dev/null 2>&1 || return
  local dir=$SERVERS_DIR/pebble mirror
  mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
  mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -m1 -v security)
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror%/} sid main" >"$dir/sources.list"
  local options=(-qq -o "Dir::Etc::sourcelist=$dir/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$dir/lists"
    -o "Dir::Cache=$dir/cache" -o APT::Sandbox::User=root)
  apt-get "${options[@]}" update
  (cd "$dir" && apt-get "${options[@]}" download pebble && dpkg -x pebble_*.deb .)
}

# The emulator. Where newer parts of it are installed already, Debian's own goes with none of them, and the one of its
# backports does.
need_qemu() {
  command -v qemu-system-x86_64 >/dev/null 2>&1 && return
  if dpkg -s qemu-utils 2>/dev/null | grep -q '^Version:.*bpo'; then
    echo "installing qemu-system-x86 of Debian's backports"
    servers_dir
    local mirror list=$SERVERS_DIR/backports.list
    mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -m1 -v security)
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror%/} bookworm-backports main" >"$list"
    apt-get -qq -o "Dir::Etc::sourcelist=$list" update
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o "Dir::Etc::sourcelist=$list" --no-install-recommends \
      -t bookworm-backports qemu-system-x86 seabios >/dev/null
  fi
  need qemu-system-x86_64 qemu-system-x86
}
