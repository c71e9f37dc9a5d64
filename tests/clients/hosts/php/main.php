<?php

// Opens a payment at each vendor's host names through the sandbox's TLS, by curl and by streams. Prints
// the host and the payment code of each, and what becomes of clients that should not get through.

declare(strict_types=1);

require __DIR__ . '/sandbox.php';

const AYOLINX_KEY = 'CKSandbox-154dc98b-0000-4222-bbcc-dd55555ee666';
const AYOLINX_SECRET = 'SKSandbox-6f1a2b3c-1111-4333-8888-0123456789ab';

$caFile = getenv('GERAI_CA');
$address = getenv('GERAI_TLS');

function by_curl(string $host, string $path, array $headers, string $body, ?array $options = null): array
{
    global $caFile, $address;
    $curl = curl_init("https://$host$path");
    curl_setopt_array($curl, ($options ?? sandbox_options($caFile, $address)) + [
        CURLOPT_POST => true,
        CURLOPT_POSTFIELDS => $body,
        CURLOPT_HTTPHEADER => [...$headers, 'Content-Type: application/json'],
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_TIMEOUT => 30,
    ]);
    $answer = curl_exec($curl);
    if ($answer === false) {
        throw new RuntimeException(curl_error($curl), curl_errno($curl));
    }
    return read("$host$path", curl_getinfo($curl, CURLINFO_RESPONSE_CODE), $answer);
}

function by_stream(string $host, string $path, array $headers, string $body, ?array $ssl = null): array
{
    global $caFile, $address;
    $context = sandbox_context($caFile, $host, [
        'method' => 'POST',
        'header' => [...$headers, 'Content-Type: application/json'],
        'content' => $body,
        'ignore_errors' => true,
        'timeout' => 30,
    ]);
    if ($ssl !== null) {
        $context = stream_context_create(['ssl' => $ssl]);
    }
    // What is wrong is told in several warnings, the last of which says least.
    $warnings = [];
    set_error_handler(function (int $_, string $warning) use (&$warnings) {
        return (bool) ($warnings[] = $warning);
    });
    $answer = file_get_contents("https://$address$path", false, $context);
    restore_error_handler();
    if ($answer === false) {
        throw new RuntimeException(implode(' ', $warnings));
    }
    return read("$host$path", (int) explode(' ', $http_response_header[0])[1], $answer);
}

function read(string $where, int $status, string $answer): array
{
    $read = json_decode($answer, true);
    if ($status !== 200 || !is_array($read)) {
        throw new RuntimeException("$where: $status $answer");
    }
    return $read;
}

function fresh(): string
{
    return 'php-' . bin2hex(random_bytes(8));
}

/** The clock in Jakarta. */
function stamp(int $ahead = 0): string
{
    return (new DateTimeImmutable('@' . (time() + $ahead)))->setTimezone(new DateTimeZone('+07:00'))->format('c');
}

function midtrans(callable $send, string $host): string
{
    $headers = ['Authorization: Basic ' . base64_encode('SB-Mid-server-gerai-demo:')];
    $body = json_encode([
        'payment_type' => 'cstore',
        'transaction_details' => ['order_id' => fresh(), 'gross_amount' => 50000],
        'cstore' => ['store' => 'alfamart'],
    ]);
    return $send($host, '/v2/charge', $headers, $body)['payment_code'];
}

function platform(callable $send, string $host, array $names, string $key, string $token): string
{
    $body = json_encode([
        'reference' => fresh(),
        'phoneNumber' => '082195395779',
        'channel' => 'alfamart',
        'amount' => 50000,
        'viewName' => 'Toko Uji',
        'additionalInfo' => ['callback' => 'http://merchant.test/notify'],
    ]);
    $signature = hash_hmac('sha512', $key . $body, $token);
    $headers = ["$names[0]: $key", "$names[1]: $token", "$names[2]: $signature"];
    return $send($host, '/api/retail', $headers, $body)['responseData']['retail']['paymentCode'];
}

function ayolinx(callable $send, string $host): string
{
    $now = stamp();
    $key = file_get_contents(getenv('AYOLINX_PRIVATE_KEY'));
    openssl_sign(AYOLINX_KEY . "|$now", $signature, $key, OPENSSL_ALGO_SHA256);
    $headers = ["X-TIMESTAMP: $now", 'X-CLIENT-KEY: ' . AYOLINX_KEY, 'X-SIGNATURE: ' . base64_encode($signature)];
    $body = '{"grantType":"client_credentials"}';
    $token = $send($host, '/v1.0/access-token/b2b', $headers, $body)['accessToken'];

    $path = '/v1.0/retail/create';
    $body = json_encode([
        'partnerReferenceNo' => fresh(),
        'validUpTo' => stamp(3600),
        'customerName' => 'Budi Santoso',
        'customerEmail' => 'budi@example.com',
        'amount' => ['currency' => 'IDR', 'value' => '50000.00'],
        'additionalInfo' => ['channel' => 'RETAIL_ALFAMART'],
    ]);
    $signed = "POST:$path:$token:" . hash('sha256', $body) . ":$now";
    $headers = [
        "X-TIMESTAMP: $now",
        'X-PARTNER-ID: ' . AYOLINX_KEY,
        'X-EXTERNAL-ID: ' . fresh(),
        'X-SIGNATURE: ' . base64_encode(hash_hmac('sha512', $signed, AYOLINX_SECRET, true)),
        "Authorization: Bearer $token",
    ];
    return $send($host, $path, $headers, $body)['vaNumber'];
}

foreach (['by_curl', 'by_stream'] as $send) {
    foreach (['api.sandbox.midtrans.com', 'api.midtrans.com'] as $host) {
        echo "$host ", midtrans($send, $host), "\n";
    }
    $cronos = [['On-Key', 'On-Token', 'On-Signature'], 'SC-KRW9ESNZUUKQXOOX', 'jlaVHot4XGnCqYU8FI20GHwkv6RMOT2t'];
    foreach (['api.sandbox.cronosengine.com', 'api.cronosengine.com'] as $host) {
        echo "$host ", platform($send, $host, ...$cronos), "\n";
    }
    $sengo = [['X-Client-Key', 'X-Client-Token', 'X-Signature'], 'SG-GERAIDEMO000001', 'gerai0demo0token0for0sengo000001'];
    foreach (['api.sandbox.sengo.id', 'api.sengo.id'] as $host) {
        echo "$host ", platform($send, $host, ...$sengo), "\n";
    }
    foreach (['sandbox.ayolinx.id', 'openapi.ayolinx.id'] as $host) {
        echo "$host ", ayolinx($send, $host), "\n";
    }
}

/** Whether a request does not get through, because of the certificate. */
function refused(callable $request): string
{
    try {
        $request();
    } catch (RuntimeException $error) {
        $why = $error->getMessage();
        return stripos($why, 'certificate') !== false ? 'refused' : "not refused for what it is: $why";
    }
    return 'not refused';
}

// A name that is not among those of the certificate, and then clients that trust the system's CAs only.
$midtrans = 'api.sandbox.midtrans.com';
$requests = [
    'another name' => fn () => by_curl('www.example.com', '/', [], '{}'),
    'without the CA' => fn () => by_curl($midtrans, '/v2/x', [], '{}', [CURLOPT_CONNECT_TO => ["::$address"]]),
    'another name, by stream' => fn () => by_stream('www.example.com', '/', [], '{}'),
    'without the CA, by stream' => fn () => by_stream($midtrans, '/v2/x', [], '{}', ['peer_name' => $midtrans]),
];
foreach ($requests as $name => $request) {
    echo "$name: ", refused($request), "\n";
}
