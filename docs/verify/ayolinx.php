<?php
// Whether an Ayolinx notification is genuine. PHP 8.1 or newer with its openssl, no packages.
//
// Copy `is_genuine` into your endpoint; give it the request's headers (names in small letters),
// file_get_contents('php://input'), the path of your own URL as it stands on the request line (without
// the query), and the platform's public key in PEM.
//
//     PLATFORM_PUBLIC_KEY="$(cat platform_public.pem)" NOTIFY_PATH=/hook \
//         php ayolinx.php body.json headers.txt

declare(strict_types=1);

function is_genuine(array $headers, string $body, string $path, string $publicKey): bool
{
    $signed = "POST:$path:" . hash('sha256', $body) . ':' . ($headers['x-timestamp'] ?? '');
    $signature = base64_decode($headers['x-signature'] ?? '', true);
    // 1 is yes; 0 is no, and -1 or false something worse.
    return $signature !== false
        && openssl_verify($signed, $signature, $publicKey, OPENSSL_ALGO_SHA256) === 1;
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

[$body, $headers] = [file_get_contents($argv[1]), read_headers($argv[2])];
$genuine = is_genuine($headers, $body, getenv('NOTIFY_PATH'), getenv('PLATFORM_PUBLIC_KEY'));
echo $genuine ? "genuine\n" : "not genuine\n";
exit($genuine ? 0 : 1);
