<?php

declare(strict_types=1);

it('refuses a reference that was used', function () use ($brand) {
    $order = $brand->order();
    $first = envelope($brand->post($order));
    refused($brand->post($order), 409, 'DUPLICATE_REFERENCE');
    refused($brand->post([...$order, 'amount' => 25000]), 409, 'DUPLICATE_REFERENCE');
    same($first, envelope($brand->get("/api/check/{$first['id']}")), 'the first');
});

it('does not mind the same reference with the other brand', function () use ($brand) {
    $order = $brand->order();
    $mine = envelope($brand->post($order));
    $theirs = envelope($brand->other()->post($order));
    holds($mine['id'] !== $theirs['id'], 'they are two payments');
    payment(envelope($brand->get("/api/check/{$order['reference']}")), $order, $brand);
});

$invalid = [
    'reference' => [null, '', ['a'], str_repeat('r', 5000)],
    'phoneNumber' => [null, '', []],
    'channel' => [null, '', 'Alfamart!', 'alfamidi', 7],
    'amount' => [null, '', 0, -10000, 10000.5, 'ten', true, [], 1e30],
    'expiryMinutes' => [0, -5, 1.5, 'soon', 10 ** 12],
    'viewName' => [null, '', ['x']],
    'additionalInfo' => [null, 'x', []],
];
foreach ($invalid as $member => $values) {
    foreach ($values as $value) {
        it("refuses {$member} = " . substr((string) json_encode($value), 0, 40), function () use ($brand, $member, $value) {
            $order = $brand->order([$member => $value]);
            $answer = $brand->post($order);
            refused($answer, 422, 'REQUEST_INVALID');
            names($answer, $member);
        });
    }
    it("refuses a body without {$member}", function () use ($brand, $member) {
        $order = $brand->order();
        unset($order[$member]);
        $answer = $brand->post($order);
        if ($member === 'expiryMinutes') {
            same(200, $answer->status, 'it may be left out');
            return;
        }
        refused($answer, 422, 'REQUEST_INVALID');
        names($answer, $member);
    });
}

foreach (['', 'nowhere', 'ftp://example.com/x', 'http://', 17] as $callback) {
    it('refuses the callback ' . json_encode($callback), function () use ($brand, $callback) {
        $answer = $brand->post($brand->order(['additionalInfo' => ['callback' => $callback]]));
        refused($answer, 422, 'REQUEST_INVALID');
        names($answer, 'additionalInfo.callback');
    });
}

// SenGo's page prints a comma after the callback, which is not JSON.
$printed = '{
"reference": "REFF012",
"phoneNumber":"08123456789",
"channel":"alfamart",
"amount": 10000,
"expiryMinutes": 30,
"viewName": "Merchant Name",
"additionalInfo": {
"callback": "http://your-site-callback.com/notify",
}
}';

it('refuses the printed body with its comma, and takes it once mended', function () use ($brand, $printed) {
    $printed = str_replace('REFF012', 'php-' . bin2hex(random_bytes(12)), $printed);
    same(null, json_decode($printed), 'what PHP makes of it');
    $headers = $brand->signed(hash_hmac('sha512', $brand->key . $printed, $brand->token));
    refused($brand->send($headers, $printed), 422, 'REQUEST_INVALID');

    $mended = str_replace("notify\",\n", "notify\"\n", $printed);
    $order = json_decode($mended, true);
    payment(envelope($brand->send($brand->headers($order), $mended)), $order, $brand);
});

it('does not say more about a body that cannot be read than its signer may know', function () use ($brand, $printed) {
    // json_encode of what could not be decoded is `null`: not the bytes that were sent.
    refused($brand->send($brand->headers(null), $printed), 401, 'UNAUTHORIZED');
});

foreach (['', '[]', '"text"', '17', 'null', '{', "{\"a\":\"\xff\"}", str_repeat('[', 5000)] as $body) {
    it('refuses ' . substr(json_encode($body, JSON_INVALID_UTF8_SUBSTITUTE), 0, 30), function () use ($brand, $body) {
        $headers = $brand->signed(hash_hmac('sha512', $brand->key . $body, $brand->token));
        refused($brand->send($headers, $body), 422, 'REQUEST_INVALID');
    });
}
