<?php

declare(strict_types=1);

foreach (['alfamart', 'indomaret'] as $channel) {
    it("tells of success at {$channel}, and of nothing before", function () use ($brand, $gateway, $receiver, $channel) {
        $order = $brand->order([
            'channel' => $channel,
            'viewName' => 'Kopi Café 北京 😀 </a>',
            'additionalInfo' => ['callback' => $receiver->url('/notify?shop=1&x=%20')],
        ]);
        $opened = envelope($brand->post($order));
        $gateway->press('pay', $opened['retail']['paymentCode']);
        $told = verify($receiver->next(), $brand, '/notify?shop=1&x=%20');
        payment($told, $order, $brand, 'success');
        same($opened['id'], $told['id'], 'id');
        same($opened['retail'], $told['retail'], 'retail');
        same(envelope($brand->get("/api/check/{$opened['id']}")), $told, 'what was told');
        holds(!$receiver->hasMore(), 'nothing else was told');
    });
}

it('tells that a payment was taken back', function () use ($brand, $gateway, $receiver) {
    $order = $brand->order([
        'channel' => 'indomaret',
        'additionalInfo' => ['callback' => $receiver->url()],
    ]);
    $opened = envelope($brand->post($order));
    $gateway->press('pay', $opened['retail']['paymentCode']);
    same('success', verify($receiver->next(), $brand)['status'], 'the first');
    $gateway->press('reverse', $opened['retail']['paymentCode']);
    $told = verify($receiver->next(), $brand);
    payment($told, $order, $brand, 'failed');
    same(envelope($brand->get("/api/check/{$opened['id']}")), $told, 'what was told');
    same($opened['id'], envelope($brand->get('/api/transactions?status=failed'))[0]['id'], 'the newest that failed');
});

foreach (['true', '1'] as $yes) {
    it("tells once more for resendCallback={$yes}, whatever the state", function () use ($brand, $gateway, $receiver, $yes) {
        $order = $brand->order(['additionalInfo' => ['callback' => $receiver->url()]]);
        $opened = envelope($brand->post($order));
        $asked = envelope($brand->get("/api/check/{$opened['id']}?resendCallback={$yes}"));
        same($opened, $asked, 'the answer');
        same($opened, verify($receiver->next(), $brand), 'what was told of the pending one');

        $gateway->press('pay', $opened['retail']['paymentCode']);
        $paid = verify($receiver->next(), $brand);
        payment($paid, $order, $brand, 'success');
        $asked = envelope($brand->get("/api/check/{$order['reference']}?resendCallback={$yes}"));
        same($paid, $asked, 'the answer');
        same($paid, verify($receiver->next(), $brand), 'what was told once more');
        holds(!$receiver->hasMore(), 'nothing else was told');
    });
}

foreach (['200 OK', '201 Created', '204 No Content'] as $answer) {
    it("takes {$answer} for an acknowledgement", function () use ($brand, $gateway, $receiver, $operator, $answer) {
        $opened = $brand->open(['additionalInfo' => ['callback' => $receiver->url()]]);
        $gateway->press('pay', $opened['retail']['paymentCode']);
        verify($receiver->next($answer), $brand);
        same('delivered', $operator->tried($opened['retail']['paymentCode'])['state'], 'the state');
    });
}

foreach (['400 Bad Request', '404 Not Found', '500 Internal Server Error'] as $answer) {
    it("tries again after {$answer}", function () use ($brand, $gateway, $receiver, $operator, $answer) {
        $opened = $brand->open(['additionalInfo' => ['callback' => $receiver->url()]]);
        $gateway->press('pay', $opened['retail']['paymentCode']);
        verify($receiver->next($answer), $brand);
        $notification = $operator->tried($opened['retail']['paymentCode']);
        same('due', $notification['state'], 'the state');
        same(1, $notification['attempts'], 'the attempts');
        holds(is_string($notification['due_at']), 'it says when it comes again');
    });
}
