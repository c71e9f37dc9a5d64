<?php
// Whether an event of Gerai's own is genuine (Standard Webhooks). PHP 8.1 or newer, no packages.
//
// Copy `is_genuine` into your endpoint; give it the request's headers (names in small letters),
// file_get_contents('php://input'), your secret and time().
//
//     EVENTS_SECRET=whsec_... php gerai.php body.json headers.txt

declare(strict_types=1);

// How far the sender's clock and ours may be apart, in seconds; older ones may be sent by a thief.
const TOLERANCE = 5 * 60;

function is_genuine(array $headers, string $body, string $secret, int $now): bool
{
    $key = base64_decode(substr($secret, strlen('whsec_')));
    $timestamp = $headers['webhook-timestamp'] ?? '';
    if (!ctype_digit($timestamp) || abs($now - (int) $timestamp) > TOLERANCE) {
        return false;
    }
    $signed = ($headers['webhook-id'] ?? '') . ".$timestamp.$body";
    $expected = 'v1,' . base64_encode(hash_hmac('sha256', $signed, $key, true));
    // While a secret is replaced there are two.
    foreach (explode(' ', $headers['webhook-signature'] ?? '') as $given) {
        if (hash_equals($expected, $given)) {
            return true;
        }
    }
    return false;
}

function read_headers(string $path): array
{
    $headers = [];
    foreach (file($path) as $line) {
        [$name, $value] = explode(':', $line, 2) + [1 => ''];
        $headers[strtolower(trim($name))] = trim($value);
    }
    return $headers;
}

$body = file_get_contents($argv[1]);
$genuine = is_genuine(read_headers($argv[2]), $body, getenv('EVENTS_SECRET'), time());
echo $genuine ? "genuine\n" : "not genuine\n";
exit($genuine ? 0 : 1);
