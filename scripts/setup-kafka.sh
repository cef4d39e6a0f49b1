#!/usr/bin/env bash
# Fetches Apache Kafka, the broker that the tests start, as jars from Maven Central.
#
# The jars are looked for at ${KAIROS_CACHE:-${XDG_CACHE_HOME:-~/.cache}/kairos}. Their
# folder appears there by one rename after every checksum of kafka-jars.sha256 has been
# verified: a folder of that name is always whole. Nothing but the tests needs it;
# KAIROS_KAFKA=HOST:PORT points them at another broker instead.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)

version=4.1.1
log4j_version=2.24.3
list=$here/kafka-jars.sha256

say() { printf 'setup: %s\n' "$*" >&2; }

cache=${KAIROS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kairos}
folder=$cache/kafka-$version
java=java
[ -z "${JAVA_HOME:-}" ] || java=$JAVA_HOME/bin/java

work=
broker=
clean() {
    [ -z "$broker" ] || kill -9 "$broker" 2>/dev/null || true
    [ -z "$work" ] || rm -rf -- "$work"
}
trap clean EXIT
trap 'exit 130' INT TERM

is_verified() {
    local sum path
    while read -r sum path; do
        printf '%s  %s\n' "$sum" "$work/libs/${path##*/}"
    done <"$list" | sha256sum --check --status 2>/dev/null
}

# Mirrors are configured in Maven's own settings; only Maven reads those right.
by_maven() {
    command -v mvn >/dev/null 2>&1 || return 1
    cat >"$work/pom.xml" <<END
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>kairos</groupId><artifactId>broker</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$version</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>$log4j_version</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-core</artifactId><version>$log4j_version</version></dependency>
  </dependencies>
</project>
END
    mvn --quiet --batch-mode --file "$work/pom.xml" dependency:copy-dependencies \
        -DincludeScope=runtime -DoutputDirectory="$work/libs" >&2
}

repository=${MAVEN_REPOSITORY:-https://repo1.maven.org/maven2}
by_curl() {
    local sum path
    while read -r sum path; do
        printf 'url = "%s/%s"\noutput = "%s"\n' "${repository%/}" "$path" "$work/libs/${path##*/}"
    done <"$list" >"$work/urls"
    curl --fail --silent --show-error --location --retry 3 --connect-timeout 20 \
        --no-progress-meter --parallel --parallel-max 6 --config "$work/urls"
}

# Maven first where its user has told it of a mirror: the public repository is then likely
# out of reach. Elsewhere last, since it fetches its own plugins before any jar.
has_mirror() { grep -q '<mirror>' "$HOME/.m2/settings.xml" 2>/dev/null; }

fetch() { # HOW
    rm -rf -- "$work/libs"
    mkdir -- "$work/libs"
    "$1" && is_verified
}

if [ ! -d "$folder/libs" ]; then
    mkdir -p -- "$folder"
    # Inside the target folder, so that the last step is a rename on one file system.
    work=$(mktemp -d -- "$folder/.fetch.XXXXXX")
    say "fetching Apache Kafka $version (43 MB) into $folder"
    ways=(by_curl by_maven)
    ! has_mirror || ways=(by_maven by_curl)
    if ! fetch "${ways[0]}" && ! fetch "${ways[1]}"; then
        say "the jars of Apache Kafka $version could not be fetched from $repository, or are not what $list says"
        say "MAVEN_REPOSITORY=URL names another repository"
        exit 1
    fi
    # A second setup that was faster has put the same there.
    mv -T -- "$work/libs" "$folder/libs" 2>/dev/null || [ -d "$folder/libs" ]
    rm -rf -- "$work"
    work=
fi

# A class archive halves the processor time of every later start. It is bound to one Java
# and to the jars' place; a start that can't use it does without.
runtime=$("$java" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java.vm.version = //p' | tr -c 'A-Za-z0-9.\n' _)
archive=$folder/classes-$runtime.jsa
if [ -z "$runtime" ]; then
    say "no Java to run the tests' broker with: install a Java runtime, 17 or newer"
    exit 1
fi
[ ! -s "$archive" ] || exit 0

# The ports are only held for the few seconds of this run.
port=$((20000 + RANDOM % 10000))
work=$(mktemp -d -- "$folder/.archive.XXXXXX")
mkdir -- "$work/log"
printf 'version=1\nnode.id=1\ncluster.id=AAAAAAAAAAAAAAAAAAAAAA\n' >"$work/log/meta.properties"
cat >"$work/server.properties" <<END
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$((port + 10000))
controller.listener.names=CONTROLLER
controller.quorum.voters=1@127.0.0.1:$((port + 10000))
log.dirs=$work/log
END
cat >"$work/log4j2.properties" <<'END'
rootLogger.level=warn
rootLogger.appenderRefs=out
rootLogger.appenderRef.out.ref=out
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d %p %c{1} %m%n
logger.server.name=kafka.server.KafkaRaftServer
logger.server.level=info
END
"$java" -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:ArchiveClassesAtExit="$work/classes.jsa" \
    -Dlog4j2.configurationFile="$work/log4j2.properties" -cp "$folder/libs/*" kafka.Kafka "$work/server.properties" >"$work/output" 2>&1 &
broker=$!
for _ in {1..120}; do
    if grep -q 'Kafka Server started' "$work/output" || ! kill -0 "$broker" 2>/dev/null; then
        break
    fi
    sleep 0.5
done
kill "$broker" 2>/dev/null || true
wait "$broker" || true
broker=
if [ -s "$work/classes.jsa" ]; then
    mv -f -- "$work/classes.jsa" "$archive"
else
    say "the class archive of the tests' broker was not made: its starts will take longer"
fi
