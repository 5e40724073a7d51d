package fi.tilanne.examples;

import com.google.gson.JsonObject;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import tilanne.v1.Picture.Delta;

/** Prints how many objects a region has, from Kafka alone. See the README. */
public final class PictureReader {
    private static final String SCHEMA = Delta.getDescriptor().getFullName();
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final JsonFormat.Printer JSON =
            JsonFormat.printer().omittingInsignificantWhitespace().preservingProtoFieldNames();

    /** UTF-8 as JSON is, whatever the locale. */
    private static final PrintStream OUT =
            new PrintStream(System.out, false, StandardCharsets.UTF_8);

    /** The newest delta of each key. Removals stay: their numbers tell what is older than they are. */
    private final Map<String, Delta> deltas = new TreeMap<>();
    private final Set<String> changed = new HashSet<>();
    private final Map<String, Integer> leftOut = new TreeMap<>();

    /** What the user can do something about. */
    private static final class Problem extends RuntimeException {
        Problem(String message) {
            super(message);
        }
    }

    public static void main(String[] args) throws InvalidProtocolBufferException {
        Map<String, String> options = options(args);
        String bootstrap = options.get("--bootstrap");
        Map<String, Object> config = Map.of(
                "bootstrap.servers", bootstrap,
                "enable.auto.commit", false,
                "auto.offset.reset", "earliest",
                "allow.auto.create.topics", false,
                "key.deserializer", ByteArrayDeserializer.class,
                "value.deserializer", ByteArrayDeserializer.class);
        try (var consumer = new KafkaConsumer<byte[], byte[]>(config)) {
            new PictureReader().run(consumer, options);
        } catch (TimeoutException error) {
            fail("Kafka at " + bootstrap + ": no answer in " + PATIENCE.toSeconds() + " s");
        } catch (KafkaException error) {
            Throwable cause = error.getCause() == null ? error : error.getCause();
            fail("Kafka at " + bootstrap + ": " + cause.getMessage());
        } catch (Problem problem) {
            fail(problem.getMessage());
        }
    }

    private static Map<String, String> options(String[] args) {
        Map<String, String> options = new HashMap<>();
        options.put("--bootstrap", "127.0.0.1:9092");
        options.put("--prefix", "tilanne.");
        Set<String> names = Set.of("--bootstrap", "--region", "--prefix", "--layer");
        for (int i = 0; i < args.length; i++) {
            if (args[i].equals("--follow")) {
                options.put("--follow", "");
            } else if (names.contains(args[i]) && i + 1 < args.length) {
                options.put(args[i], args[++i]);
            } else {
                options.remove("--region");
                break;
            }
        }
        if (!options.containsKey("--region")) {
            System.err.println("usage: --region REGION [--bootstrap HOST:PORT,...] [--prefix PREFIX]"
                    + " [--layer LAYER] [--follow]");
            System.exit(2);
        }
        return options;
    }

    private static void fail(String message) {
        System.err.println(message);
        System.exit(1);
    }

    private void run(KafkaConsumer<byte[], byte[]> consumer, Map<String, String> options)
            throws InvalidProtocolBufferException {
        String region = options.get("--region");
        String topic = options.get("--prefix") + "control";
        Map<String, String> control = new TreeMap<>();
        read(consumer, new TopicPartition(topic, 0), record -> {
            if (record.key() != null && record.value() != null) {
                control.put(text(record.key()), text(record.value()));
            }
        });
        String partition = control.get("partition/" + region);
        if (partition == null) {
            List<String> known = control.keySet().stream()
                    .filter(key -> key.startsWith("partition/"))
                    .map(key -> key.substring("partition/".length()))
                    .toList();
            throw new Problem("no region " + region + " in " + topic + "; it has: "
                    + (known.isEmpty() ? "none" : String.join(", ", known)));
        }

        var place = new TopicPartition(
                options.get("--prefix") + "picture", Integer.parseInt(partition));
        read(consumer, place, this::take);
        JsonObject head = new JsonObject();
        head.addProperty("region", region);
        head.addProperty("epoch", control.get("epoch"));
        report(head, consumer.position(place), options.get("--layer"));
        while (options.containsKey("--follow")) {
            // A second's worth, so that a busy topic gives a line a second.
            long until = System.currentTimeMillis() + 1000;
            for (long left = 1000; left > 0; left = until - System.currentTimeMillis()) {
                consumer.poll(Duration.ofMillis(left)).forEach(this::take);
            }
            if (!changed.isEmpty() || !leftOut.isEmpty()) {
                report(head, consumer.position(place), options.get("--layer"));
            }
        }
    }

    /** Takes what a partition has, from its first record to where its end is now, or a bit further. */
    private static void read(KafkaConsumer<byte[], byte[]> consumer, TopicPartition place,
            Consumer<ConsumerRecord<byte[], byte[]>> take) {
        // Of a topic that is not there, the end is asked for in vain until time is over.
        if (consumer.partitionsFor(place.topic(), PATIENCE).size() <= place.partition()) {
            throw new Problem("there is no " + place.topic() + " with partition " + place.partition());
        }
        long end = consumer.endOffsets(List.of(place), PATIENCE).get(place);
        consumer.assign(List.of(place));
        consumer.seekToBeginning(List.of(place));
        // Not by the offsets of records: the last ones before the end can be without a record.
        long offset = consumer.position(place, PATIENCE);
        while (offset < end) {
            consumer.poll(PATIENCE).forEach(take);
            long next = consumer.position(place, PATIENCE);
            if (next == offset) {
                throw new Problem(place.topic() + ": nothing came for " + PATIENCE.toSeconds()
                        + " s, at " + offset + " of " + end);
            }
            offset = next;
        }
    }

    /** Takes a record; one that changes nothing is counted. */
    private void take(ConsumerRecord<byte[], byte[]> record) {
        var schema = record.headers().lastHeader("schema");
        if (schema == null || schema.value() == null || !text(schema.value()).equals(SCHEMA)) {
            leftOut.merge("of another schema", 1, Integer::sum);
            return;
        }
        Delta delta = Delta.getDefaultInstance();
        try {
            delta = record.value() == null ? delta : Delta.parseFrom(record.value());
        } catch (InvalidProtocolBufferException error) {
            // Stays without a change.
        }
        if (record.key() == null || delta.getChangeCase() == Delta.ChangeCase.CHANGE_NOT_SET) {
            leftOut.merge("not understood", 1, Integer::sum);
            return;
        }
        String key = text(record.key());
        Delta last = deltas.get(key);
        // After a crash deltas come again, with the same numbers.
        if (last != null && !isAbove(delta, last)) {
            leftOut.merge("known already", 1, Integer::sum);
            return;
        }
        deltas.put(key, delta);
        changed.add(key);
    }

    private static boolean isAbove(Delta delta, Delta last) {
        return delta.getSequence() > last.getSequence()
                || delta.getSequence() == last.getSequence() && delta.getIndex() > last.getIndex();
    }

    /** Prints the line, and the objects that have changed since the last one. */
    private void report(JsonObject head, long offset, String layer)
            throws InvalidProtocolBufferException {
        Map<String, Integer> counts = new TreeMap<>();
        StringBuilder lines = new StringBuilder();
        for (Map.Entry<String, Delta> entry : deltas.entrySet()) {
            if (!entry.getValue().hasUpdated()) {
                continue;
            }
            String layerOfKey = entry.getKey().split("/", 2)[0];
            counts.merge(layerOfKey, 1, Integer::sum);
            if (layerOfKey.equals(layer) && changed.contains(entry.getKey())) {
                lines.append(JSON.print(entry.getValue().getUpdated())).append('\n');
            }
        }
        JsonObject objects = new JsonObject();
        counts.forEach(objects::addProperty);
        head.addProperty("offset", offset);
        head.add("objects", objects);
        OUT.println(head);
        OUT.print(lines);
        OUT.flush();
        if (!leftOut.isEmpty()) {
            List<String> whys = leftOut.entrySet().stream()
                    .map(entry -> entry.getValue() + " " + entry.getKey())
                    .toList();
            System.err.println("left out: " + String.join(", ", whys));
        }
        changed.clear();
        leftOut.clear();
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
