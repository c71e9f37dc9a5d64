# Ends a server that no test uses any more: $1 its folder, $2 the program pg_ctl, $3 how many seconds
# the next test may take to come. It goes to the background at once.
#
# Whoever uses the server holds a shared lock on users.lock, which the system takes back however the
# process ends. Who starts or ends the server holds start.lock meanwhile. No child gets watch.lock, which
# says that this script is alive.
watch() {
    exec 7>"$1/watch.lock" 8>"$1/users.lock" 9>"$1/start.lock"
    flock -n 7 || exit 0
    while :; do
        flock 8 7>&-
        flock -u 8
        sleep "$3" 7>&- 8>&- 9>&-
        flock 9 7>&-
        if flock -n 8; then
            "$2" stop -D "$1/data" -m immediate >/dev/null 2>&1 7>&-
            rm -rf "$1/data"
            exit 0
        fi
        flock -u 9
    done
}
watch "$@" &
