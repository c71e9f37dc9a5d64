<?php
// Whether a notification of Cronos Engine or SenGo is genuine. PHP 8.1 or newer, no packages.
//
// Copy `is_genuine` into your endpoint; give it the request's headers (names in small letters),
// file_get_contents('php://input'), your key and your token.
//
//     KEY=SC-... TOKEN=... php cronos.php body.json headers.txt

declare(strict_types=1);

function is_genuine(array $headers, string $body, string $key, string $token): bool
{
    // Cronos Engine calls its headers on-..., SenGo calls them x-...
    $told = $headers['on-key'] ?? $headers['x-client-key'] ?? '';
    $signature = $headers['on-signature'] ?? $headers['x-signature'] ?? '';
    // The body as it arrived: decoded and encoded again it may be another text.
    $expected = hash_hmac('sha512', $key . $body, $token);
    return $told === $key && hash_equals($expected, strtolower($signature));
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
$genuine = is_genuine(read_headers($argv[2]), $body, getenv('KEY'), getenv('TOKEN'));
echo $genuine ? "genuine\n" : "not genuine\n";
exit($genuine ? 0 : 1);
