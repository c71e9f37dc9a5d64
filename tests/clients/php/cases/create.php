<?php

declare(strict_types=1);

foreach (['alfamart', 'indomaret'] as $channel) {
    it("answers every member at {$channel}", function () use ($brand, $channel) {
        $order = $brand->order(['channel' => $channel, 'expiryMinutes' => 30]);
        $began = time();
        $data = envelope($brand->post($order));
        payment($data, $order, $brand);
        $opened = seconds($data['settleDate'], 'settleDate');
        holds($began <= $opened && $opened <= time(), 'settleDate is when it was opened');
        same($opened + 30 * 60, seconds($data['expiredDate'], 'expiredDate'), 'expiredDate');
    });
}

it('expires after an hour unless told otherwise', function () use ($brand) {
    $data = $brand->open();
    $opened = seconds($data['settleDate'], 'settleDate');
    same($opened + 3600, seconds($data['expiredDate'], 'expiredDate'));
});

it('makes codes and ids that differ', function () use ($brand) {
    $one = $brand->open();
    $two = $brand->open();
    holds($one['id'] !== $two['id'], 'the ids differ');
    holds($one['retail']['paymentCode'] !== $two['retail']['paymentCode'], 'the codes differ');
});

foreach (['Kopi Café', 'Toko 北京', 'Warung 😀', "Ibu Sri's <Toko> & \"Anak\"", 'a/b\\c'] as $name) {
    it("takes and echoes the name {$name}", function () use ($brand, $name) {
        $order = $brand->order(['viewName' => $name]);
        payment(envelope($brand->post($order)), $order, $brand);
    });
}

it('takes what is signed by json_encode, however it is spelt when sent', function () use ($brand) {
    $spellings = [
        JSON_PRETTY_PRINT,
        JSON_UNESCAPED_SLASHES,
        JSON_UNESCAPED_UNICODE,
        JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRETTY_PRINT,
    ];
    foreach ($spellings as $flags) {
        $order = $brand->order(['viewName' => 'Kopi Café 北京 😀']);
        payment(envelope($brand->send($brand->headers($order), json_encode($order, $flags))), $order, $brand);
    }
});

it('takes what is signed as it is sent', function () use ($brand) {
    $spellings = [JSON_PRETTY_PRINT, JSON_UNESCAPED_SLASHES, JSON_UNESCAPED_UNICODE];
    foreach ($spellings as $flags) {
        $order = $brand->order(['viewName' => 'Kopi Café']);
        $body = json_encode($order, $flags) . "\n";
        $headers = $brand->signed(hash_hmac('sha512', $brand->key . $body, $brand->token));
        payment(envelope($brand->send($headers, $body)), $order, $brand);
    }
});

it('reads JSON whatever the request calls it, and answers JSON whatever it wants', function () use ($brand) {
    $order = $brand->order();
    // The documented curl names no type, so that it says this.
    $more = ['Content-Type' => 'application/x-www-form-urlencoded', 'Accept' => 'text/html'];
    payment(envelope($brand->send([...$brand->headers($order), ...$more], json_encode($order))), $order, $brand);
});

it('ignores members that it does not know, which are signed all the same', function () use ($brand) {
    $order = $brand->order(['bankCode' => '014', 'singleUse' => true, 'rate' => 0.1, 'more' => ['a' => null]]);
    payment(envelope($brand->post($order)), $order, $brand);
});

it('takes an amount that is a float without a fraction', function () use ($brand) {
    $order = $brand->order(['amount' => 25000.0]);
    $data = envelope($brand->send($brand->headers($order), json_encode($order, JSON_PRESERVE_ZERO_FRACTION)));
    same(25000, $data['amount'], 'amount');
});

it('takes a reference that is a number, and answers it as a text', function () use ($brand) {
    $order = $brand->order(['reference' => random_int(10 ** 12, 10 ** 15)]);
    $data = envelope($brand->post($order));
    payment($data, [...$order, 'reference' => (string) $order['reference']], $brand);
    refused($brand->post([...$order, 'reference' => (string) $order['reference']]), 409, 'DUPLICATE_REFERENCE');
});
