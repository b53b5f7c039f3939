#!/usr/bin/env bash
# The whole way with curl and jq: swap.sh VIDEO PHOTO RESULT; HEADSWAP_URL and HEADSWAP_KEY name
# the server and the key.
set -euo pipefail
api=$HEADSWAP_URL/api/open/v4/headswap
video=$1 photo=$2 result=$3

# Asks, and prints the answer's data; anything but code 1000 ends the script with the reason.
ask() {
    curl --silent --show-error --fail-with-body -H "x-api-key: $HEADSWAP_KEY" "$@" |
        jq -e 'if .code == 1000 then .data else halt_error(1) end'
}

# Asks until the record has ended: 3 is completed, 4 is failed.
finished() {
    local record status=1
    while [ "$status" -lt 3 ]; do
        sleep 1
        record=$(ask "$1")
        status=$(jq .status <<<"$record")
    done
    [ "$status" = 3 ] || { jq -r .error_reason <<<"$record" >&2; exit 1; }
    echo "$record"
}

video_url=$(ask -F "file=@$video" "$api/upload" | jq -r .url)
photo_url=$(ask -F "file=@$photo" "$api/upload" | jq -r .url)

body=$(jq -n --arg video "$video_url" '{video_url: $video, type: "head"}')
analysis=$(ask --json "$body" "$api/analyze" | jq -r ._id)
finished "$api/analyze/detail?_id=$analysis" |
    jq -r '.analysis_result.media[] | "person \(.obj_id): \(.frames) frames"'

body=$(jq -n --arg video "$video_url" --arg photo "$photo_url" '{
    video_url: $video, model_name: "akool-premium", resolution: "480p",
    mappings: [{obj_id: 0, img_url: $photo, consent: "Anna Berg: I agree; for the trailer"}]}')
task=$(ask --json "$body" "$api/task/create" | jq -r ._id)
swapped=$(finished "$api/task/detail?_id=$task" | jq -r .video_url)
curl --silent --show-error --fail --output "$result" "$swapped"
