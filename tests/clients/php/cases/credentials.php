<?php

declare(strict_types=1);

it('takes header names in any case', function () use ($brand) {
    foreach (['strtolower', 'strtoupper'] as $case) {
        $order = $brand->order();
        $headers = array_combine(array_map($case, array_keys($brand->headers($order))), $brand->headers($order));
        payment(envelope($brand->send($headers, json_encode($order))), $order, $brand);
    }
});

it('takes a signature in capitals', function () use ($brand) {
    $order = $brand->order();
    $headers = $brand->headers($order);
    $headers[$brand->signatureHeader] = strtoupper($headers[$brand->signatureHeader]);
    payment(envelope($brand->send($headers, json_encode($order))), $order, $brand);
});

$order = $brand->order();
$right = $brand->headers($order);
$text = $brand->key . json_encode($order);
$wrong = [
    'a signature of something else' => [$brand->signatureHeader => hash_hmac('sha512', $text . ' ', $brand->token)],
    'a signature by another token' => [$brand->signatureHeader => hash_hmac('sha512', $text, strrev($brand->token))],
    'a signature of the body alone' => [
        $brand->signatureHeader => hash_hmac('sha512', json_encode($order), $brand->token),
    ],
    'a GET\'s signature' => [$brand->signatureHeader => hash_hmac('sha512', $brand->key, $brand->token)],
    'a signature by SHA-256' => [$brand->signatureHeader => hash_hmac('sha256', $text, $brand->token)],
    'a signature in Base64' => [
        $brand->signatureHeader => base64_encode(hash_hmac('sha512', $text, $brand->token, true)),
    ],
    'no signature' => [$brand->signatureHeader => null],
    'another token, which signed' => [
        $brand->tokenHeader => strrev($brand->token),
        $brand->signatureHeader => hash_hmac('sha512', $text, strrev($brand->token)),
    ],
    'no token' => [$brand->tokenHeader => null],
    'an unknown key, which was signed' => [
        $brand->keyHeader => 'SC-0000000000000000',
        $brand->signatureHeader => hash_hmac('sha512', 'SC-0000000000000000' . json_encode($order), $brand->token),
    ],
    'no key' => [$brand->keyHeader => null],
];
foreach ($wrong as $what => $headers) {
    it("refuses {$what}", function () use ($brand, $order, $right, $headers) {
        $headers = array_filter([...$right, ...$headers], fn ($value) => $value !== null);
        refused($brand->send($headers, json_encode($order)), 401, 'UNAUTHORIZED', NOT_AUTHORIZED);
    });
}

it('refuses the other brand\'s key under this brand\'s names', function () use ($brand, $order) {
    $other = $brand->other();
    $headers = [
        'Content-Type' => 'application/json',
        $brand->keyHeader => $other->key,
        $brand->tokenHeader => $other->token,
        $brand->signatureHeader => hash_hmac('sha512', $other->key . json_encode($order), $other->token),
    ];
    refused($brand->send($headers, json_encode($order)), 401, 'UNAUTHORIZED', NOT_AUTHORIZED);
});

it('opened nothing while it refused', function () use ($brand, $order) {
    refused($brand->get("/api/check/{$order['reference']}"), 404, 'TRANSACTION_NOT_FOUND');
    payment(envelope($brand->post($order)), $order, $brand);
});

foreach (['/api/check/unknown', '/api/transactions', '/api/balance'] as $path) {
    it("refuses a GET of {$path} that is wrongly signed", function () use ($brand, $path) {
        $wrong = [$brand->signatureHeader => hash_hmac('sha512', $brand->key . '{}', $brand->token)];
        refused($brand->get($path, $wrong), 401, 'UNAUTHORIZED', NOT_AUTHORIZED);
        refused($brand->get($path, [$brand->tokenHeader => 'x']), 401, 'UNAUTHORIZED', NOT_AUTHORIZED);
    });
}
